package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"

	"fluxpilot/kernel/abi"
)

// mostMessage is what a commit message may have at most, in bytes.
const mostMessage = 1 << 20

// messageInput is a template and what it is filled from. Changes are in the order in which they were made.
type messageInput struct {
	Template   string            `json:"template"`
	Automation namespacedName    `json:"automation"`
	Changes    []fileChange      `json:"changes"`
	Images     []imageChange     `json:"images"`
	Values     map[string]string `json:"values"`
}

type fileChange struct {
	File   string           `json:"file"`
	Object objectIdentifier `json:"object"`
	Change change           `json:"change"`
}

// imageChange is an image that a policy brought into an object.
type imageChange struct {
	File   string           `json:"file"`
	Object objectIdentifier `json:"object"`
	Image  imageRef         `json:"image"`
}

// templateData is what a template sees: names and shapes are those of Flux 2.6.
type templateData struct {
	AutomationObject namespacedName
	Updated          updated
	Changed          changed
	Values           map[string]string
}

type namespacedName struct {
	Namespace string
	Name      string
}

func (n namespacedName) String() string { return n.Namespace + "/" + n.Name }

type typeMeta struct {
	APIVersion string
	Kind       string
}

type nameMeta struct {
	Name      string
	Namespace string
}

type resourceIdentifier struct {
	typeMeta
	nameMeta
}

// objectIdentifier is nested as Flux has it: so it is printed, and so keys of maps are sorted.
type objectIdentifier struct{ resourceIdentifier }

func (o *objectIdentifier) UnmarshalJSON(data []byte) error {
	var read struct{ APIVersion, Kind, Name, Namespace string }
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	*o = objectIdentifier{resourceIdentifier{typeMeta{read.APIVersion, read.Kind}, nameMeta{read.Name, read.Namespace}}}
	return nil
}

type change struct {
	OldValue string `json:"oldValue"`
	NewValue string `json:"newValue"`
	Setter   string `json:"setter"`
}

type changed struct {
	ImageResult updated
	FileChanges map[string]map[objectIdentifier][]change
	list        []fileChange
}

// Changes are all changes, each once.
func (c changed) Changes() []change {
	return once(c.list, func(one fileChange) change { return one.Change })
}

// Objects are the changes of each object, whichever files it is in.
func (c changed) Objects() map[objectIdentifier][]change {
	return grouped(c.list, func(one fileChange) (objectIdentifier, change) { return one.Object, one.Change })
}

// imageRef is a reference with its defaults filled in.
type imageRef struct {
	Original   string
	Identifier string
	Repository string
	Registry   string
	Name       string
	Policy     namespacedName
}

func (i imageRef) String() string { return i.Original }

type updated struct {
	Files map[string]fileResult
	list  []imageChange
}

type fileResult struct {
	Objects map[objectIdentifier][]imageRef
}

// Images are all images, each once.
func (u updated) Images() []imageRef {
	return once(u.list, func(one imageChange) imageRef { return one.Image })
}

// Objects are the images of each object, whichever files it is in.
func (u updated) Objects() map[objectIdentifier][]imageRef {
	return grouped(u.list, func(one imageChange) (objectIdentifier, imageRef) { return one.Object, one.Image })
}

// once gives what is found in a list, each value the first time that it is there.
func once[E any, V comparable](list []E, of func(E) V) []V {
	seen := map[V]bool{}
	var all []V
	for _, one := range list {
		if value := of(one); !seen[value] {
			seen[value] = true
			all = append(all, value)
		}
	}
	return all
}

// grouped gives what is found in a list by object, in the order of the list.
func grouped[E, V any](list []E, of func(E) (objectIdentifier, V)) map[objectIdentifier][]V {
	all := map[objectIdentifier][]V{}
	for _, one := range list {
		object, value := of(one)
		all[object] = append(all[object], value)
	}
	return all
}

func dataOf(in messageInput) templateData {
	images := updated{Files: map[string]fileResult{}, list: in.Images}
	for _, one := range in.Images {
		if _, ok := images.Files[one.File]; !ok {
			images.Files[one.File] = fileResult{Objects: map[objectIdentifier][]imageRef{}}
		}
		objects := images.Files[one.File].Objects
		objects[one.Object] = append(objects[one.Object], one.Image)
	}
	changes := changed{ImageResult: images, FileChanges: map[string]map[objectIdentifier][]change{}, list: in.Changes}
	for _, one := range in.Changes {
		if changes.FileChanges[one.File] == nil {
			changes.FileChanges[one.File] = map[objectIdentifier][]change{}
		}
		objects := changes.FileChanges[one.File]
		objects[one.Object] = append(objects[one.Object], one.Change)
	}
	return templateData{AutomationObject: in.Automation, Updated: images, Changed: changes, Values: in.Values}
}

// message fills the template of a commit message, with functions alone whose result depends on nothing but their input.
func message(input []byte) ([]byte, error) {
	var in messageInput
	if err := json.Unmarshal(input, &in); err != nil {
		return nil, err
	}
	parsed, err := template.New("commit message").Funcs(sprig.HermeticTxtFuncMap()).Parse(in.Template)
	if err != nil {
		return nil, invalid(fmt.Errorf("unable to create commit message template from spec: %w", err))
	}
	out := &bounded{}
	if err := parsed.Execute(out, dataOf(in)); err != nil {
		return nil, invalid(fmt.Errorf("failed to run template from spec: %w", err))
	}
	return []byte(out.String()), nil
}

func invalid(err error) error {
	return &abi.Failure{Code: "TEMPLATE_INVALID", Message: err.Error()}
}

// bounded is a text that does not grow without end.
type bounded struct{ strings.Builder }

func (b *bounded) Write(data []byte) (int, error) {
	if b.Len()+len(data) > mostMessage {
		return 0, errors.New("the message is larger than 1 MiB")
	}
	return b.Builder.Write(data)
}
