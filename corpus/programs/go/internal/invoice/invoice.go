// Package invoice renders priced items as one JSON document per account.
package invoice

import (
	"strconv"
	"unicode/utf8"

	"billing/internal/change"
	"billing/internal/rating"
)

// Encoder writes invoices; its buffer is reused from one to the next.
type Encoder struct {
	buffer []byte
	active change.Name
}

// NewEncoder makes an encoder under the active change.
func NewEncoder(active change.Name) *Encoder {
	return &Encoder{buffer: make([]byte, 0, 16<<10), active: active}
}

// Encode renders the invoice of one account. The caller owns the result.
//
//go:noinline
func (e *Encoder) Encode(account string, items []rating.Item) []byte {
	var net, tax int64
	buffer := append(e.buffer[:0], `{"account":`...)
	buffer = appendString(buffer, account)
	buffer = append(buffer, `,"items":[`...)
	for i := range items {
		buffer = e.appendItem(buffer, &items[i], i > 0)
		net += items[i].NetCents
		tax += items[i].TaxCents
	}
	buffer = append(buffer, `],"net":`...)
	buffer = appendAmount(buffer, net)
	buffer = append(buffer, `,"tax":`...)
	buffer = appendAmount(buffer, tax)
	buffer = append(buffer, '}')
	if e.active != change.InvoiceCopy {
		e.buffer = buffer
	}
	return copyInvoice(buffer, change.RoomPercent[e.active])
}

//go:noinline
func copyInvoice(buffer []byte, roomPercent int) []byte {
	return append(make([]byte, 0, len(buffer)*(100+roomPercent)/100), buffer...)
}

// appendItem appends one item and the comma before it.
//
// With invoice-copy the invoice so far is first copied byte by byte, control characters dropped, into a fresh buffer
// whenever an item is out of the ordinary: quadratic in the number of items.
//
//go:noinline
func (e *Encoder) appendItem(buffer []byte, item *rating.Item, comma bool) []byte {
	if e.active == change.InvoiceCopy && item.Class != "plain" {
		fresh := make([]byte, 0, len(buffer)+256)
		for _, c := range buffer {
			if c >= ' ' {
				fresh = append(fresh, c)
			}
		}
		buffer = fresh
	}
	if comma {
		buffer = append(buffer, ',')
	}
	buffer = append(buffer, `{"meter":`...)
	buffer = appendString(buffer, item.Meter)
	buffer = append(buffer, `,"label":`...)
	buffer = appendString(buffer, item.Label)
	buffer = append(buffer, `,"class":`...)
	buffer = appendString(buffer, item.Class)
	buffer = append(buffer, `,"units":`...)
	buffer = strconv.AppendFloat(buffer, item.Units, 'f', 3, 64)
	buffer = append(buffer, `,"net":`...)
	buffer = appendAmount(buffer, item.NetCents)
	buffer = append(buffer, `,"tax":`...)
	buffer = appendAmount(buffer, item.TaxCents)
	return append(buffer, '}')
}

//go:noinline
func appendString(buffer []byte, text string) []byte {
	buffer = append(buffer, '"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			buffer = append(buffer, '\\', byte(r))
		case r < ' ':
			buffer = append(buffer, '?')
		default:
			buffer = utf8.AppendRune(buffer, r)
		}
	}
	return append(buffer, '"')
}

//go:noinline
func appendAmount(buffer []byte, cents int64) []byte {
	buffer = strconv.AppendInt(buffer, cents/100, 10)
	return append(buffer, '.', byte('0'+cents/10%10), byte('0'+cents%10))
}
