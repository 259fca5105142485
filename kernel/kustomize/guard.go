package main

import (
	"errors"
	"fmt"
	"os"
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
	if g.IsDir(name) {
		return nil, fmt.Errorf("read %s: is a directory", name)
	}
	if !g.Exists(name) {
		return nil, fmt.Errorf("open %s: %w", name, errMissing)
	}
	return g.FileSystem.ReadFile(name)
}

// CleanedAbs words a missing path as a disk does.
func (g guarded) CleanedAbs(name string) (filesys.ConfirmedDir, string, error) {
	directory, file, err := g.FileSystem.CleanedAbs(name)
	if err == nil || g.Exists(name) {
		return directory, file, err
	}
	return "", "", fmt.Errorf("evalsymlink failure on '%s' : lstat %s: %w", name, g.firstMissing(path.Join("/", name)), errMissing)
}

func (g guarded) firstMissing(absolute string) string {
	if parent := path.Dir(absolute); parent != absolute && !g.Exists(parent) {
		return g.firstMissing(parent)
	}
	return absolute
}

var errMissing error = missing{}

// missing is os.ErrNotExist in the words of a disk.
type missing struct{}

func (missing) Error() string        { return "no such file or directory" }
func (missing) Is(target error) bool { return errors.Is(os.ErrNotExist, target) }

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
