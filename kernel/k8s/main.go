// Command k8s is the kernel module for what the Kubernetes API machinery does to objects: managed fields and patches.
package main

import (
	"encoding/json"

	"fluxpilot/kernel/abi"
)

func main() {}

func init() {
	abi.Register("apply", func(input []byte) ([]byte, error) { return manage(input, false) })
	abi.Register("update", func(input []byte) ([]byte, error) { return manage(input, true) })
	abi.Register("strategic", strategic)
	abi.Register("threeWay", threeWay)
	abi.Warm(func() { builtinConverter() })
	abi.Warm(func() { definitionsByKind() })
}

func answer(value any, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return json.Marshal(value)
}
