package daemon

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/pflag"
)

// A configuration is a struct of strings, booleans, numbers, Durations, string
// lists and one level of such structs. Each field has a `toml` and a `comment`
// tag; from them come the file's key (chain_grpc), the flag (--chain-grpc), the
// variable (PREFIX_CHAIN_GRPC) and the help. A field with a `flag` tag has that
// flag and variable name instead; `flag:"-"` has neither.

// Duration is a time.Duration that is written as "1m30s".
type Duration time.Duration

// MarshalText writes "1m30s".
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads "1m30s".
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

type field struct {
	name  string // of the flag
	help  string
	value reflect.Value
}

func (f field) variable(prefix string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(f.name, "-", "_"))
}

// fieldsOf lists the settings of a configuration, given by pointer.
func fieldsOf(config any) []field {
	return walk(reflect.ValueOf(config).Elem(), "")
}

func walk(structure reflect.Value, prefix string) (fields []field) {
	for i := range structure.NumField() {
		about := structure.Type().Field(i)
		name := prefix + strings.ReplaceAll(about.Tag.Get("toml"), "_", "-")
		if flag := about.Tag.Get("flag"); flag != "" {
			name = flag
		}
		if name == "-" {
			continue
		}
		value := structure.Field(i)
		if value.Kind() == reflect.Struct {
			fields = append(fields, walk(value, name+"-")...)
			continue
		}
		fields = append(fields, field{name: name, help: about.Tag.Get("comment"), value: value})
	}
	return fields
}

// flagValue keeps a flag's text until the file and the variables are read.
type flagValue struct {
	text string
	kind string
}

func (v *flagValue) String() string        { return v.text }
func (v *flagValue) Set(text string) error { v.text = text; return nil }
func (v *flagValue) Type() string          { return v.kind }

// BindFlags defines a flag per setting, with the current values as defaults.
func BindFlags(flags *pflag.FlagSet, config any) {
	for _, f := range fieldsOf(config) {
		flag := flags.VarPF(&flagValue{text: format(f.value), kind: kindOf(f.value)}, f.name, "", f.help)
		if f.value.Kind() == reflect.Bool {
			flag.NoOptDefVal = "true"
		}
	}
}

func kindOf(v reflect.Value) string {
	switch {
	case v.Kind() == reflect.Slice:
		return "list"
	case v.Type() == reflect.TypeFor[Duration]():
		return "duration"
	}
	return v.Kind().String()
}

// LoadConfig overlays the file at path (which may be absent), then variables
// with the prefix, then the flags that were given. Unknown keys in the file are
// errors. flags may be nil.
func LoadConfig(path, prefix string, flags *pflag.FlagSet, config any) error {
	if err := loadFile(path, config); err != nil {
		return err
	}
	for _, f := range fieldsOf(config) {
		if text, ok := os.LookupEnv(f.variable(prefix)); ok {
			if err := parse(f.value, text); err != nil {
				return fmt.Errorf("variable %s: %w", f.variable(prefix), err)
			}
		}
		if flags == nil {
			continue
		}
		if flag := flags.Lookup(f.name); flag != nil && flag.Changed {
			if err := parse(f.value, flag.Value.String()); err != nil {
				return fmt.Errorf("flag --%s: %w", f.name, err)
			}
		}
	}
	return nil
}

func loadFile(path string, config any) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	decoder := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields()
	err = decoder.Decode(config)
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) {
		return fmt.Errorf("configuration %s has keys that nobody reads:\n%s", path, unknown.String())
	}
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		return fmt.Errorf("configuration %s: %w\n%s", path, err, bad.String())
	}
	if err != nil {
		return fmt.Errorf("configuration %s: %w", path, err)
	}
	return nil
}

// SaveConfig writes a commented file, and refuses to overwrite one.
func SaveConfig(path string, config any) error {
	text, err := toml.Marshal(config)
	if err != nil {
		return fmt.Errorf("encode configuration: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}

func format(v reflect.Value) string {
	if v.Kind() == reflect.Slice {
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = v.Index(i).String()
		}
		return strings.Join(parts, ",")
	}
	if text, ok := v.Interface().(encoding.TextMarshaler); ok {
		out, err := text.MarshalText()
		if err == nil {
			return string(out)
		}
	}
	return fmt.Sprint(v.Interface())
}

// parse sets a setting from text.
func parse(v reflect.Value, text string) error {
	if reader, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return reader.UnmarshalText([]byte(text))
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		parsed, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("got %q, want true or false", text)
		}
		v.SetBool(parsed)
	case reflect.Int, reflect.Int64, reflect.Int32:
		parsed, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil {
			return fmt.Errorf("got %q, want a whole number", text)
		}
		v.SetInt(parsed)
	case reflect.Uint, reflect.Uint64, reflect.Uint32:
		parsed, err := strconv.ParseUint(text, 10, v.Type().Bits())
		if err != nil {
			return fmt.Errorf("got %q, want a whole number, not negative", text)
		}
		v.SetUint(parsed)
	case reflect.Slice:
		v.Set(reflect.Zero(v.Type()))
		if text != "" {
			v.Set(reflect.ValueOf(strings.Split(text, ",")).Convert(v.Type()))
		}
	default:
		return fmt.Errorf("setting of kind %s cannot be read", v.Kind())
	}
	return nil
}
