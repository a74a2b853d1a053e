"""Compiles the kernels of sidecar/da/gpu by NVRTC; gpu-kernels.sh calls this."""

import ctypes
import hashlib
import pathlib
import re
import sys

import nvidia.cuda_nvrtc

SOURCE = pathlib.Path("sidecar/da/gpu/kernels.cu")
TARGET = SOURCE.with_suffix(".ptx")
library = pathlib.Path(nvidia.cuda_nvrtc.__path__[0]) / "lib"
ctypes.CDLL(str(library / "libnvrtc-builtins.so.12.4"), mode=ctypes.RTLD_GLOBAL)
nvrtc = ctypes.CDLL(str(library / "libnvrtc.so.12"))


def text_of(program, size, get):
    n = ctypes.c_size_t()
    size(program, ctypes.byref(n))
    buffer = ctypes.create_string_buffer(n.value)
    get(program, buffer)
    return buffer.value.decode()


def compile_ptx(source):
    program = ctypes.c_void_p()
    nvrtc.nvrtcCreateProgram(ctypes.byref(program), source, b"kernels.cu", 0, None, None)
    options = (ctypes.c_char_p * 1)(b"--gpu-architecture=compute_80")
    if nvrtc.nvrtcCompileProgram(program, 1, options) != 0:
        sys.exit(text_of(program, nvrtc.nvrtcGetProgramLogSize, nvrtc.nvrtcGetProgramLog))
    return text_of(program, nvrtc.nvrtcGetPTXSize, nvrtc.nvrtcGetPTX)


def tidy(ptx):
    """Without comments and indentation: half the size."""
    lines = (re.sub(r"\s+", " ", line.split("//")[0]).strip() for line in ptx.splitlines())
    return "\n".join(line for line in lines if line) + "\n"


source = SOURCE.read_bytes()
head = "// kernels.cu " + hashlib.sha256(source).hexdigest() + ", compiled by scripts/gpu-kernels.sh; DO NOT EDIT.\n"
made = head + tidy(compile_ptx(source))
if sys.argv[1:] == ["--check"]:
    if TARGET.read_text() != made:
        sys.exit(f"{TARGET} is out of date: run scripts/gpu-kernels.sh")
else:
    TARGET.write_text(made)
