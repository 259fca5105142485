// Command gzip is the kernel module that compresses as Go's compress/gzip does, so that digests equal Flux's.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"

	"fluxpilot/kernel/abi"
)

type stream struct {
	buffer *bytes.Buffer
	writer *gzip.Writer
}

var (
	streams = map[uint32]*stream{}
	next    uint32
	// idle are writers whose stream has ended: each holds about a megabyte.
	idle []*gzip.Writer
)

const mostIdle = 4

func main() {}

func init() {
	abi.Register("whole", whole)
	abi.Register("open", open)
	abi.Register("write", write)
	abi.Register("close", closeStream)
}

// whole compresses content at once.
func whole(content []byte) ([]byte, error) {
	s := begin()
	if _, err := s.writer.Write(content); err != nil {
		return nil, err
	}
	return s.end()
}

// open starts a stream and answers its handle, four bytes little endian.
func open([]byte) ([]byte, error) {
	next++
	streams[next] = begin()
	return binary.LittleEndian.AppendUint32(nil, next), nil
}

// write takes a handle and content, and answers what is compressed so far.
func write(input []byte) ([]byte, error) {
	s, content, err := find(input)
	if err != nil {
		return nil, err
	}
	if _, err := s.writer.Write(content); err != nil {
		return nil, err
	}
	return s.take(), nil
}

// closeStream ends a stream and answers its last bytes.
func closeStream(input []byte) ([]byte, error) {
	s, _, err := find(input)
	if err != nil {
		return nil, err
	}
	delete(streams, binary.LittleEndian.Uint32(input))
	return s.end()
}

func find(input []byte) (*stream, []byte, error) {
	handle := binary.LittleEndian.Uint32(input)
	s, ok := streams[handle]
	if !ok {
		return nil, nil, fmt.Errorf("no open gzip stream %d", handle)
	}
	return s, input[4:], nil
}

func begin() *stream {
	buffer := &bytes.Buffer{}
	if len(idle) == 0 {
		return &stream{buffer, gzip.NewWriter(buffer)}
	}
	writer := idle[len(idle)-1]
	idle = idle[:len(idle)-1]
	writer.Reset(buffer)
	return &stream{buffer, writer}
}

func (s *stream) end() ([]byte, error) {
	if err := s.writer.Close(); err != nil {
		return nil, err
	}
	if len(idle) < mostIdle {
		idle = append(idle, s.writer)
	}
	return s.take(), nil
}

func (s *stream) take() []byte {
	taken := bytes.Clone(s.buffer.Bytes())
	s.buffer.Reset()
	return taken
}
