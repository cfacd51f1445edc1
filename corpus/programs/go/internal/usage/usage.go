// Package usage makes and decodes usage records: one JSON object a line, as a meter would send it.
package usage

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"strconv"

	"billing/internal/change"
)

// Record is one reading of one meter.
type Record struct {
	Account string            `json:"account"`
	Meter   string            `json:"meter"`
	Hour    int               `json:"hour"`
	Units   float64           `json:"units"`
	Note    string            `json:"note"`
	Tags    map[string]string `json:"tags"`
}

var notes = []string{"manual reading, café", "estimated", "corrected: was 17", "late arrival <2 days", "ok", "meter swap #4711"}
var regions = []string{"north", "south", "east", "west", "coast"}

// ReceiveBatch makes the lines of one account's records.
//
//go:noinline
func ReceiveBatch(random *rand.Rand, account, count int) [][]byte {
	lines := make([][]byte, 0, count)
	for i := 0; i < count; i++ {
		line := make([]byte, 0, 192)
		line = append(line, `{"account":"A`...)
		line = strconv.AppendInt(line, int64(account), 10)
		line = append(line, `","meter":"M`...)
		line = strconv.AppendInt(line, int64(random.Intn(40)), 10)
		line = append(line, `","hour":`...)
		line = strconv.AppendInt(line, int64(random.Intn(24)), 10)
		line = append(line, `,"units":`...)
		line = strconv.AppendFloat(line, random.Float64()*90, 'f', 3, 64)
		line = append(line, `,"note":`...)
		line = strconv.AppendQuote(line, notes[random.Intn(len(notes))])
		line = append(line, `,"tags":{"region":"`...)
		line = append(line, regions[random.Intn(len(regions))]...)
		line = append(line, `"}}`...)
		lines = append(lines, line)
	}
	return lines
}

// DecodeBatch decodes every line and stops at the first that is no record.
//
//go:noinline
func DecodeBatch(lines [][]byte, active change.Name) ([]Record, error) {
	records := make([]Record, 0, len(lines))
	for number, line := range lines {
		if active == change.DecodeTwice {
			if _, err := DecodeRecord(line); err != nil {
				return nil, fmt.Errorf("line %d: %w", number+1, err)
			}
		}
		record, err := DecodeRecord(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number+1, err)
		}
		records = append(records, record)
	}
	return records, nil
}

// DecodeRecord decodes one line.
//
//go:noinline
func DecodeRecord(line []byte) (Record, error) {
	var record Record
	err := json.Unmarshal(line, &record)
	return record, err
}
