// Package change holds the switchable changes: one build, one -change NAME, so that BEFORE and AFTER differ in nothing
// else.
//
//	name            what it does                                                      truth
//	none            the program as it should be
//	invoice-copy    an unusual item is appended to a fresh copy of the whole invoice  self CPU and alloc_space of
//	                so far (the corpus's plant)                                       (*Encoder).appendItem
//	decode-twice    every usage line is decoded once to check and once to use         calls of DecodeRecord
//	classify-regexp the note's pattern is compiled for each record                    new path regexp.Compile below classifyNote
//	no-digest       invoices are archived without a digest                            vanished digestInvoice
//	rating-wrapper  a frame appears between RateBatch and rateRecord, at no cost      none: rateTraced only wraps
//
// To add one: a constant, a row in Known, and one comparison where it acts.
package change

// Name is the name of a change.
type Name string

const (
	None           Name = "none"
	InvoiceCopy    Name = "invoice-copy"
	DecodeTwice    Name = "decode-twice"
	ClassifyRegexp Name = "classify-regexp"
	NoDigest       Name = "no-digest"
	RatingWrapper  Name = "rating-wrapper"
)

// Known lists every change in the order of the table above.
var Known = []Name{None, InvoiceCopy, DecodeTwice, ClassifyRegexp, NoDigest, RatingWrapper}

// IsKnown tells whether name is one of Known.
func IsKnown(name Name) bool {
	for _, known := range Known {
		if known == name {
			return true
		}
	}
	return false
}
