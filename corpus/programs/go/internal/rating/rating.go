// Package rating turns usage records into priced items.
package rating

import (
	"math"
	"regexp"
	"sort"
	"strings"

	"billing/internal/change"
	"billing/internal/usage"
)

// Item is one priced line of an invoice; money in cents.
type Item struct {
	Meter    string
	Label    string
	Class    string
	Units    float64
	NetCents int64
	TaxCents int64
}

// Tariff holds the tiers of a region: up to Limit units at Cents each.
type Tariff struct {
	Limits []float64
	Cents  []float64
}

// Book holds the tariffs by region.
type Book map[string]Tariff

const correctionPattern = `^(corrected|late|meter)[ :a-z]*(?:#|<|was )?(\d+)`

var correction = regexp.MustCompile(correctionPattern)

// NewBook makes the tariffs.
func NewBook() Book {
	book := Book{}
	for index, region := range []string{"north", "south", "east", "west", "coast"} {
		var tariff Tariff
		for tier := 0; tier < 12; tier++ {
			tariff.Limits = append(tariff.Limits, float64(tier*8))
			tariff.Cents = append(tariff.Cents, 31-float64(tier)+float64(index))
		}
		book[region] = tariff
	}
	return book
}

// RateBatch prices every record; the items come in the order of meter and label.
//
//go:noinline
func (b Book) RateBatch(records []usage.Record, active change.Name) []Item {
	items := make([]Item, 0, len(records))
	for i := range records {
		if active == change.RatingWrapper || active == change.WrapperLeaf {
			items = append(items, b.rateTraced(&records[i], active))
		} else {
			items = append(items, b.rateRecord(&records[i], active))
		}
	}
	sortItems(items)
	return items
}

// rateTraced only adds a frame: what rating-wrapper adds.
//
//go:noinline
func (b Book) rateTraced(record *usage.Record, active change.Name) Item {
	item := b.rateRecord(record, active)
	item.Units = math.Abs(item.Units)
	return item
}

//go:noinline
func (b Book) rateRecord(record *usage.Record, active change.Name) Item {
	net := b[record.Tags["region"]].priceTiers(record.Units)
	net *= peakFactor(record.Hour)
	if active == change.WrapperLeaf {
		classifyNote(record.Note, active)
	}
	return Item{
		Meter:    record.Meter,
		Label:    labelItem(record),
		Class:    classifyNote(record.Note, active),
		Units:    record.Units,
		NetCents: int64(math.RoundToEven(net)),
		TaxCents: int64(math.RoundToEven(net * 0.19)),
	}
}

//go:noinline
func (t Tariff) priceTiers(units float64) float64 {
	cents := 0.0
	for tier, floor := range t.Limits {
		if units <= floor {
			break
		}
		cents += math.Min(units-floor, 8) * t.Cents[tier]
	}
	return cents
}

//go:noinline
func peakFactor(hour int) float64 {
	return 1 + 0.2*math.Exp(-math.Pow(float64(hour-18), 2)/8)
}

//go:noinline
func labelItem(record *usage.Record) string {
	var label strings.Builder
	label.WriteString(strings.ToUpper(record.Tags["region"]))
	label.WriteString(" / ")
	label.WriteString(strings.TrimPrefix(record.Meter, "M"))
	for _, word := range strings.Fields(record.Note) {
		label.WriteByte(' ')
		label.WriteString(strings.Title(word)) //nolint:staticcheck // ASCII words only
	}
	return label.String()
}

//go:noinline
func classifyNote(note string, active change.Name) string {
	pattern := correction
	if active == change.ClassifyRegexp {
		pattern = regexp.MustCompile(correctionPattern)
	}
	if match := pattern.FindStringSubmatch(note); match != nil {
		return match[1]
	}
	return "plain"
}

//go:noinline
func sortItems(items []Item) {
	sort.SliceStable(items, func(i, j int) bool {
		if items[i].Meter != items[j].Meter {
			return items[i].Meter < items[j].Meter
		}
		return items[i].Label < items[j].Label
	})
}
