package access

import (
	"encoding/json"
	"fmt"
)

// A world can be kept in a file, so that a report can be made without asking the API.

// part is a [Part] as JSON has it: exactly one of known and unknown, or neither where it was not asked for.
type partJSON[T any] struct {
	Known   *T      `json:"known,omitempty"`
	Unknown *string `json:"unknown,omitempty"`
}

// MarshalJSON implements [json.Marshaler].
func (p Part[T]) MarshalJSON() ([]byte, error) {
	switch p.state {
	case partKnown:
		return json.Marshal(partJSON[T]{Known: &p.value})
	case partUnknown:
		return json.Marshal(partJSON[T]{Unknown: &p.why})
	}
	return []byte("{}"), nil
}

// UnmarshalJSON implements [json.Unmarshaler].
func (p *Part[T]) UnmarshalJSON(data []byte) error {
	var raw struct {
		Known   json.RawMessage `json:"known"`
		Unknown *string         `json:"unknown"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	*p = Part[T]{}
	switch {
	case raw.Known != nil && raw.Unknown != nil:
		return fmt.Errorf("a part is known and unknown at once")
	case raw.Unknown != nil:
		*p = Unknown[T](*raw.Unknown)
	case raw.Known != nil:
		p.state = partKnown
		return json.Unmarshal(raw.Known, &p.value)
	}
	return nil
}

// MarshalText implements [encoding.TextMarshaler]: matches are keys of a map.
func (m Match) MarshalText() ([]byte, error) {
	return json.Marshal([4]string{m.GroupID, m.GroupName, m.Attribute, m.Equals})
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (m *Match) UnmarshalText(text []byte) error {
	var parts [4]string
	err := json.Unmarshal(text, &parts)
	*m = Match{parts[0], parts[1], parts[2], parts[3]}
	return err
}
