//go:build cuda && linux

package gpu

import (
	"fmt"
	"unsafe"

	"github.com/ebitengine/purego"
)

// driver is the part of NVIDIA's driver API (libcuda.so.1) that is used here. All
// return a CUresult; handles are pointers that Go never follows.
type driver struct {
	init          func(flags uint32) result
	deviceGet     func(device *int32, ordinal int32) result
	contextRetain func(context *uintptr, device int32) result
	contextSet    func(context uintptr) result
	contextWait   func() result
	moduleLoad    func(module *uintptr, image *byte) result
	moduleGet     func(function *uintptr, module uintptr, name string) result
	allocate      func(address *uint64, bytes uint64) result
	free          func(address uint64) result
	allocateHost  func(memory *unsafe.Pointer, bytes uint64) result
	freeHost      func(memory unsafe.Pointer) result
	copyIn        func(to uint64, from unsafe.Pointer, bytes uint64) result
	copyInAsync   func(to uint64, from unsafe.Pointer, bytes uint64, stream uintptr) result
	copyOutAsync  func(to unsafe.Pointer, from uint64, bytes uint64, stream uintptr) result
	streamCreate  func(stream *uintptr, flags uint32) result
	streamDestroy func(stream uintptr) result
	streamWait    func(stream uintptr) result
	launch        func(function uintptr, gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes uint32,
		stream uintptr, arguments *unsafe.Pointer, extra uintptr) result
	errorName func(code result, name **byte) result
}

// result is a CUresult.
type result uint32

// streamNonBlocking is CU_STREAM_NON_BLOCKING: no waiting for the default stream.
const streamNonBlocking = 1

// loadDriver finds the library and its functions.
func loadDriver() (*driver, error) {
	library, err := purego.Dlopen("libcuda.so.1", purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return nil, fmt.Errorf("%w (%v)", ErrNoCUDA, err)
	}
	d := new(driver)
	for _, f := range []struct {
		name string
		to   any
	}{
		{"cuInit", &d.init}, {"cuDeviceGet", &d.deviceGet},
		{"cuDevicePrimaryCtxRetain", &d.contextRetain}, {"cuCtxSetCurrent", &d.contextSet}, {"cuCtxSynchronize", &d.contextWait},
		{"cuModuleLoadData", &d.moduleLoad}, {"cuModuleGetFunction", &d.moduleGet},
		{"cuMemAlloc_v2", &d.allocate}, {"cuMemFree_v2", &d.free},
		{"cuMemAllocHost_v2", &d.allocateHost}, {"cuMemFreeHost", &d.freeHost},
		{"cuMemcpyHtoD_v2", &d.copyIn}, {"cuMemcpyHtoDAsync_v2", &d.copyInAsync}, {"cuMemcpyDtoHAsync_v2", &d.copyOutAsync},
		{"cuStreamCreate", &d.streamCreate}, {"cuStreamDestroy_v2", &d.streamDestroy}, {"cuStreamSynchronize", &d.streamWait},
		{"cuLaunchKernel", &d.launch}, {"cuGetErrorName", &d.errorName},
	} {
		symbol, err := purego.Dlsym(library, f.name)
		if err != nil {
			return nil, fmt.Errorf("%w: libcuda.so.1 has no %s: install a newer driver", ErrNoCUDA, f.name)
		}
		purego.RegisterFunc(f.to, symbol)
	}
	return d, nil
}

// check names a result.
func (d *driver) check(what string, code result) error {
	if code == 0 {
		return nil
	}
	var name *byte
	if d.errorName(code, &name) != 0 || name == nil {
		return fmt.Errorf("graphics card: %s: result %d", what, code)
	}
	length := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(name), length)) != 0 {
		length++
	}
	return fmt.Errorf("graphics card: %s: %s", what, unsafe.String(name, length))
}
