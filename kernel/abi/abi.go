// Package abi is how the host calls a kernel module: bytes in, bytes out.
//
// The host asks for a buffer (alloc), writes the operation's name and its input into it, and calls. The answer's first
// byte is 0 for success, followed by the operation's own bytes, or 1, followed by a JSON Failure.
package abi

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"unsafe"
)

// Operation is a pure function over bytes.
type Operation func(input []byte) ([]byte, error)

// Failure is what the host sees of an error. Detail is operation specific, such as an API Status.
type Failure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Detail  any    `json:"detail,omitempty"`
}

func (f *Failure) Error() string { return f.Message }

var (
	operations = map[string]Operation{}
	warmers    []func()
	input      []byte
	output     []byte
)

// Register makes an operation callable by name.
func Register(name string, operation Operation) { operations[name] = operation }

// Warm adds work that runs once while the module is pre-initialised, such as parsing a schema.
func Warm(work func()) { warmers = append(warmers, work) }

//go:wasmexport alloc
func alloc(size int32) int32 {
	input = make([]byte, max(size, 1))
	return int32(uintptr(unsafe.Pointer(&input[0])))
}

//go:wasmexport call
func call(nameLength int32, size int32) int32 {
	body := input[:size]
	input = nil
	output = run(string(body[:nameLength]), body[nameLength:])
	return int32(len(output))
}

//go:wasmexport result
func result() int32 { return int32(uintptr(unsafe.Pointer(&output[0]))) }

//go:wasmexport release
func release() { output, input = nil, nil }

//go:wasmexport warm
func warm() {
	for _, work := range warmers {
		work()
	}
	runtime.GC()
}

func run(name string, body []byte) (answer []byte) {
	defer func() {
		if r := recover(); r != nil {
			answer = failure(&Failure{Code: "PANIC", Message: fmt.Sprint(r), Detail: string(debug.Stack())})
		}
	}()
	operation, ok := operations[name]
	if !ok {
		return failure(&Failure{Code: "UNKNOWN_OPERATION", Message: "unknown operation " + name})
	}
	data, err := operation(body)
	if err != nil {
		return failure(err)
	}
	return append([]byte{0}, data...)
}

func failure(err error) []byte {
	var known *Failure
	if !errors.As(err, &known) {
		known = &Failure{Code: "FAILED", Message: err.Error()}
	}
	data, err := json.Marshal(known)
	if err != nil {
		data = []byte(`{"code":"FAILED","message":"the error could not be encoded"}`)
	}
	return append([]byte{1}, data...)
}
