// Package archive compresses and digests invoices and keeps the last of them for delivery.
package archive

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"

	"billing/internal/change"
)

// Outbox keeps the newest invoices, oldest overwritten first.
type Outbox struct {
	entries []Entry
	next    int
	packer  *gzip.Writer
	active  change.Name
	// PackedBytes counts what was archived.
	PackedBytes int
}

// Entry is one archived invoice.
type Entry struct {
	Plain  []byte
	Packed []byte
	Digest string
}

// NewOutbox makes an outbox for size invoices.
func NewOutbox(size int, active change.Name) *Outbox {
	packer, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is a valid one
	return &Outbox{entries: make([]Entry, size), packer: packer, active: active}
}

// Store archives one invoice, with the digest that is given or its own.
//
//go:noinline
func (o *Outbox) Store(plain []byte, digest string) error {
	packed, err := o.packInvoice(plain)
	if err != nil {
		return err
	}
	entry := Entry{Plain: plain, Packed: packed, Digest: digest}
	if digest == "" && o.active != change.NoDigest {
		entry.Digest = digestInvoice(plain, o.active)
	}
	o.entries[o.next] = entry
	o.next = (o.next + 1) % len(o.entries)
	o.PackedBytes += len(packed)
	return nil
}

//go:noinline
func (o *Outbox) packInvoice(plain []byte) ([]byte, error) {
	var packed bytes.Buffer
	o.packer.Reset(&packed)
	if _, err := o.packer.Write(plain); err != nil {
		return nil, err
	}
	err := o.packer.Close()
	return packed.Bytes(), err
}

// EarlyDigest is the digest that billAccount hands to Store under early-digest, otherwise nothing.
func EarlyDigest(plain []byte, active change.Name) string {
	if active != change.EarlyDigest {
		return ""
	}
	return digestInvoice(plain, active)
}

//go:noinline
func digestInvoice(plain []byte, active change.Name) string {
	if percent := change.DigestPercent[active]; percent > 0 {
		sha256.Sum256(plain[:len(plain)*percent/100])
	}
	digest := sha256.Sum256(plain)
	return base64.StdEncoding.EncodeToString(digest[:])
}
