//go:build cuda && linux

package gpu

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"
)

// card is a machine: the first device and its primary context.
type card struct {
	*driver
	context   uintptr
	functions map[string]uintptr
}

// openCard loads the kernels on the first device.
func openCard(ptx []byte) (*card, error) {
	d, err := loadDriver()
	if err != nil {
		return nil, err
	}
	if code := d.init(0); code != 0 {
		return nil, fmt.Errorf("%w (%w)", ErrNoCUDA, d.check("start the driver", code))
	}
	var device int32
	if code := d.deviceGet(&device, 0); code != 0 {
		return nil, fmt.Errorf("%w (%w)", ErrNoCUDA, d.check("find a device", code))
	}
	c := &card{driver: d, functions: make(map[string]uintptr)}
	if err := d.check("take the device", d.contextRetain(&c.context, device)); err != nil {
		return nil, err
	}
	return c, c.within(func() error { return c.load(append(ptx, 0)) })
}

// within runs do on a thread that has the context: the driver keeps it by thread,
// Go moves goroutines between them.
func (c *card) within(do func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := c.check("enter the context", c.contextSet(c.context)); err != nil {
		return err
	}
	return do()
}

// load compiles the PTX, which ends in a zero, and finds its kernels.
func (c *card) load(ptx []byte) error {
	var module uintptr
	if err := c.check("load the kernels", c.moduleLoad(&module, &ptx[0])); err != nil {
		return err
	}
	for _, name := range []string{"ifft", "fft"} {
		var function uintptr
		if err := c.check("find kernel "+name, c.moduleGet(&function, module, name)); err != nil {
			return err
		}
		c.functions[name] = function
	}
	return nil
}

// Table copies words to the card for ever. It waits until they are there: a copy
// from memory that is not page-locked returns sooner, and queues do not wait for it.
func (c *card) Table(words []uint32) (address uint64, err error) {
	err = c.within(func() error {
		bytes := uint64(4 * len(words))
		if err := c.check("allocate a table", c.allocate(&address, bytes)); err != nil {
			return err
		}
		if err := c.check("copy a table", c.copyIn(address, unsafe.Pointer(&words[0]), bytes)); err != nil {
			return err
		}
		return c.check("wait for a table", c.contextWait())
	})
	return address, err
}

// Queue makes a stream with memory on both sides.
func (c *card) Queue(hostBytes, deviceBytes int) (queue, error) {
	s := &stream{card: c}
	err := c.within(func() error {
		if err := c.check("make a stream", c.streamCreate(&s.handle, streamNonBlocking)); err != nil {
			return err
		}
		if err := c.check(fmt.Sprintf("lock %d bytes of memory", hostBytes), c.allocateHost(&s.memory, uint64(hostBytes))); err != nil {
			return err
		}
		s.host = unsafe.Slice((*byte)(s.memory), hostBytes)
		return c.check(fmt.Sprintf("allocate %d bytes on it", deviceBytes), c.allocate(&s.address, uint64(deviceBytes)))
	})
	if err != nil {
		return nil, errors.Join(err, s.Free())
	}
	return s, nil
}

// stream is a queue.
type stream struct {
	card    *card
	handle  uintptr
	memory  unsafe.Pointer // page-locked, not Go's
	host    []byte         // the same
	address uint64
}

func (s *stream) Host() []byte   { return s.host }
func (s *stream) Device() uint64 { return s.address }

// Run waits for the stream also after a failure: what is on its way must not meet
// freed memory.
func (s *stream) Run(job job) error {
	return s.card.within(func() error {
		err := s.enqueue(job)
		return errors.Join(err, s.card.check("encode", s.card.streamWait(s.handle)))
	})
}

func (s *stream) enqueue(job job) error {
	c := s.card
	data, parity := job.Data, job.Parity
	if err := c.check("copy the data in", c.copyInAsync(data.Address, unsafe.Pointer(&data.Host[0]), uint64(len(data.Host)), s.handle)); err != nil {
		return err
	}
	for i := range job.Calls {
		if err := s.launch(&job.Calls[i]); err != nil {
			return err
		}
	}
	return c.check("copy the parity out", c.copyOutAsync(unsafe.Pointer(&parity.Host[0]), parity.Address, uint64(len(parity.Host)), s.handle))
}

// launch passes pointers to the arguments; the driver copies them before it
// returns.
func (s *stream) launch(call *call) error {
	arguments := make([]unsafe.Pointer, 0, len(call.Addresses)+len(call.Words))
	for i := range call.Addresses {
		arguments = append(arguments, unsafe.Pointer(&call.Addresses[i]))
	}
	for i := range call.Words {
		arguments = append(arguments, unsafe.Pointer(&call.Words[i]))
	}
	code := s.card.launch(s.card.functions[call.Kernel], call.Grid[0], call.Grid[1], call.Grid[2],
		lanes, warps, 1, 0, s.handle, &arguments[0], 0)
	runtime.KeepAlive(call)
	runtime.KeepAlive(arguments)
	return s.card.check("launch "+call.Kernel, code)
}

// Free gives back what there is.
func (s *stream) Free() error {
	c := s.card
	return c.within(func() error {
		var failures []error
		if s.address != 0 {
			failures = append(failures, c.check("free its memory", c.free(s.address)))
		}
		if s.memory != nil {
			failures = append(failures, c.check("unlock memory", c.freeHost(s.memory)))
		}
		if s.handle != 0 {
			failures = append(failures, c.check("end a stream", c.streamDestroy(s.handle)))
		}
		*s = stream{card: c}
		return errors.Join(failures...)
	})
}
