// Command billing rates usage records and archives one invoice per account, a fixed amount of work on two workers, and
// profiles itself.
//
//	billing -change NAME -accounts N -cpu FILE -heap FILE -heaprate BYTES
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
	"sync"

	"billing/internal/archive"
	"billing/internal/change"
	"billing/internal/invoice"
	"billing/internal/rating"
	"billing/internal/usage"
)

const (
	workers       = 2
	recordsEach   = 32
	outboxSize    = 512
	cpuRateHz     = 250
	heapRateBytes = 16 << 10
)

type options struct {
	change   change.Name
	accounts int
	cpuPath  string
	heapPath string
	heapRate int
}

func main() {
	options, err := readOptions()
	if err == nil {
		runtime.MemProfileRate = options.heapRate
		err = run(options)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "billing:", err)
		os.Exit(2)
	}
}

func readOptions() (options, error) {
	name := flag.String("change", "none", fmt.Sprint("one of ", change.Known))
	accounts := flag.Int("accounts", 4000, "number of invoices")
	cpuPath := flag.String("cpu", "", "where to write the CPU profile")
	heapPath := flag.String("heap", "", "where to write the heap profile")
	heapRate := flag.Int("heaprate", heapRateBytes, "bytes allocated between two samples of the heap")
	flag.Parse()
	if !change.IsKnown(change.Name(*name)) {
		return options{}, fmt.Errorf("unknown change %q; known: %v", *name, change.Known)
	}
	return options{change.Name(*name), *accounts, *cpuPath, *heapPath, *heapRate}, nil
}

func run(options options) error {
	stop, err := startCPU(options.cpuPath)
	if err != nil {
		return err
	}
	outboxes, err := billAll(options)
	stop()
	if err != nil {
		return err
	}
	if err := writeHeap(options.heapPath); err != nil {
		return err
	}
	packed := 0
	for _, outbox := range outboxes {
		packed += outbox.PackedBytes
	}
	fmt.Println("accounts", options.accounts, "packed", packed)
	return nil
}

// startCPU samples at cpuRateHz. The runtime then prints "cannot set rate until previous profile has finished" once:
// StartCPUProfile asks for 100 Hz and is refused, the rate set here stays.
func startCPU(path string) (func(), error) {
	if path == "" {
		return func() {}, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	runtime.SetCPUProfileRate(cpuRateHz)
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, err
	}
	return func() { pprof.StopCPUProfile(); file.Close() }, nil
}

func writeHeap(path string) error {
	if path == "" {
		return nil
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	runtime.GC()
	return pprof.Lookup("heap").WriteTo(file, 0)
}

// billAll bills every account; worker w takes the accounts w, w+workers, ...
func billAll(options options) ([]*archive.Outbox, error) {
	book := rating.NewBook()
	outboxes := make([]*archive.Outbox, workers)
	failures := make([]error, workers)
	var group sync.WaitGroup
	for worker := 0; worker < workers; worker++ {
		outboxes[worker] = archive.NewOutbox(outboxSize, options.change)
		group.Add(1)
		go func(worker int) {
			defer group.Done()
			labels := pprof.Labels("worker", strconv.Itoa(worker))
			pprof.Do(context.Background(), labels, func(context.Context) {
				failures[worker] = billShare(options, worker, book, outboxes[worker])
			})
		}(worker)
	}
	group.Wait()
	for _, err := range failures {
		if err != nil {
			return nil, err
		}
	}
	return outboxes, nil
}

func billShare(options options, worker int, book rating.Book, outbox *archive.Outbox) error {
	random := rand.New(rand.NewSource(int64(worker) + 1))
	encoder := invoice.NewEncoder(options.change)
	// What all-slower bills once more, for nothing.
	spareRandom, spareOutbox := rand.New(rand.NewSource(int64(worker)+1)), archive.NewOutbox(outboxSize, options.change)
	for account := worker; account < options.accounts; account += workers {
		if err := billAccount(options.change, account, random, book, encoder, outbox); err != nil {
			return fmt.Errorf("account %d: %w", account, err)
		}
		if options.change == change.AllSlower && account/workers%2 == 0 {
			if err := billAccount(options.change, account, spareRandom, book, encoder, spareOutbox); err != nil {
				return fmt.Errorf("account %d again: %w", account, err)
			}
		}
	}
	return nil
}

//go:noinline
func billAccount(active change.Name, account int, random *rand.Rand, book rating.Book, encoder *invoice.Encoder, outbox *archive.Outbox) error {
	lines := usage.ReceiveBatch(random, account, recordsEach)
	records, err := usage.DecodeBatch(lines, active)
	if err != nil {
		return err
	}
	items := book.RateBatch(records, active)
	plain := encoder.Encode("A"+strconv.Itoa(account), items)
	return outbox.Store(plain, archive.EarlyDigest(plain, active))
}
