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
//	wrapper-leaf    that frame, and every note is classified twice                    calls of classifyNote, not rateTraced
//	digest-10, -20, -30   so many in a hundred bytes of an invoice are digested again self of crypto/sha256.block
//	copy-10, -20, -30     a copied invoice has so much more room, in percent          alloc_space of copyInvoice
//	early-digest    the digest is computed by billAccount before Store, not in there  none: digestInvoice moves
//	all-slower      half of the accounts are billed twice                             none: everything takes 1.5 times as long
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
	WrapperLeaf    Name = "wrapper-leaf"
	Digest10       Name = "digest-10"
	Digest20       Name = "digest-20"
	Digest30       Name = "digest-30"
	Copy10         Name = "copy-10"
	Copy20         Name = "copy-20"
	Copy30         Name = "copy-30"
	EarlyDigest    Name = "early-digest"
	AllSlower      Name = "all-slower"
)

// Known lists every change in the order of the table above.
var Known = []Name{None, InvoiceCopy, DecodeTwice, ClassifyRegexp, NoDigest, RatingWrapper, WrapperLeaf, Digest10, Digest20,
	Digest30, Copy10, Copy20, Copy30, EarlyDigest, AllSlower}

// DigestPercent is how much of an invoice is digested again.
var DigestPercent = map[Name]int{Digest10: 10, Digest20: 20, Digest30: 30}

// RoomPercent is how much more room than it needs a copied invoice has.
var RoomPercent = map[Name]int{Copy10: 10, Copy20: 20, Copy30: 30}

// IsKnown tells whether name is one of Known.
func IsKnown(name Name) bool {
	for _, known := range Known {
		if known == name {
			return true
		}
	}
	return false
}
