package main

import (
	"fmt"
	"path"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// mount is where the artifact stands, so that a path can leave it.
const mount = "/artifact"

// guarded is the artifact's files: nothing above them is there, and reading there is refused.
type guarded struct{ filesys.FileSystem }

func inMemory() guarded { return guarded{filesys.MakeFsInMemory()} }

func (g guarded) ReadFile(name string) ([]byte, error) {
	if err := inside("read", name); err != nil {
		return nil, err
	}
	return g.FileSystem.ReadFile(name)
}

func (g guarded) Open(name string) (filesys.File, error) {
	if err := inside("open", name); err != nil {
		return nil, err
	}
	return g.FileSystem.Open(name)
}

func (g guarded) WriteFile(name string, content []byte) error {
	if err := inside("write", name); err != nil {
		return err
	}
	return g.FileSystem.WriteFile(name, content)
}

func inside(operation, name string) error {
	absolute := path.Join("/", name)
	if absolute == mount || strings.HasPrefix(absolute, mount+"/") {
		return nil
	}
	return fmt.Errorf("fs-security-constraint %s %s: path '%s' is not in or below '%s'", operation, name, name, mount)
}
