package samlmetadata_test

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

// federation is an aggregate of nearly 10 MB, as a research federation publishes it:
// some thousand identity and service providers with logos, contacts and two keys each.
func federation(tb testing.TB) []byte {
	tb.Helper()
	w := newWorld(tb)
	const extras = `<md:Extensions><mdui:UIInfo xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui"><mdui:DisplayName xml:lang="en">University</mdui:DisplayName><mdui:Logo height="16" width="16">https://idp.example/logo.png</mdui:Logo></mdui:UIInfo></md:Extensions>`
	const contacts = `<md:Organization><md:OrganizationName xml:lang="en">University</md:OrganizationName></md:Organization><md:ContactPerson contactType="technical"><md:EmailAddress>mailto:admin@idp.example</md:EmailAddress></md:ContactPerson>`
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" Name="federation">`)
	for i := 0; b.Len() < samlmetadata.MaxAggregate-16<<10; i++ {
		inner := role(extras + signing(w.good, w.next) + redirect + post + soap)
		if i%2 == 1 {
			inner = serviceProvider
		}
		b.WriteString(entityOf(fmt.Sprintf("https://idp%d.example", i), "", inner+contacts) + "\n")
	}
	b.WriteString(entity(signing(w.good) + redirect))
	b.WriteString(`</md:EntitiesDescriptor>`)
	return b.Bytes()
}

// BenchmarkAggregate reads the last entity of an aggregate of 10 MB. It fails where
// that takes over 2 s, or over 64 MB at once.
func BenchmarkAggregate(b *testing.B) {
	data := federation(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	var peak uint64
	for b.Loop() {
		began := time.Now()
		peak = max(peak, readFederation(b, data))
		if took := time.Since(began); took > 2*time.Second {
			b.Fatalf("it took %v", took)
		}
	}
	b.ReportMetric(float64(peak)/1e6, "peak-MB")
}

// TestAggregateStaysSmall: memory does not grow with the federation's size.
func TestAggregateStaysSmall(t *testing.T) {
	data := federation(t)
	if peak := readFederation(t, data); peak > 64<<20 {
		t.Errorf("%d MB at once", peak>>20)
	}
}

// readFederation reads it as it comes from the network, and returns the most memory
// that was seen to be in use for that.
func readFederation(tb testing.TB, data []byte) (peak uint64) {
	tb.Helper()
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	watched := &watchedReader{in: bytes.NewReader(data), base: before.HeapInuse}
	m, err := samlmetadata.Read(watched, samlmetadata.Options{Now: now, EntityID: idpID, MaxBytes: samlmetadata.MaxAggregate})
	if err != nil || m.EntityID != idpID || len(m.Certificates) != 1 {
		tb.Fatalf("%+v, %v", m, err)
	}
	return watched.peak
}

// watchedReader looks at the heap at each MiB.
type watchedReader struct {
	in         io.Reader
	read       int
	base, peak uint64
}

// Read implements [io.Reader].
func (w *watchedReader) Read(into []byte) (int, error) {
	n, err := w.in.Read(into)
	if before := w.read; before>>20 != (before+n)>>20 {
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		w.peak = max(w.peak, s.HeapInuse-min(s.HeapInuse, w.base))
	}
	w.read += n
	return n, err
}

// costly are documents of a size that are as much work as they can be.
func costly(size int) map[string]string {
	return map[string]string{
		"elements":   group("", strings.Repeat("<a/>", size/4-100)),
		"attributes": group("", strings.Repeat("<a"+many(` a%d=""`, 128)+"/>", size/1200)),
		"one text":   group("", strings.Repeat("x", size-1000)),
		"one value":  entityOf(strings.Repeat("x", size-1000), "", ""),
		"comments":   group("", strings.Repeat("<!---->", size/8)),
		"entities":   group("", strings.Repeat(`<md:EntityDescriptor entityID="x"><md:IDPSSODescriptor/></md:EntityDescriptor>`, size/100)),
		"keys":       entity(strings.Repeat(descriptor("", "AAAA"), size/250)),
	}
}

// Each is refused for what it lacks; how long that takes is BenchmarkCostlyDocuments.
func TestCostlyDocuments(t *testing.T) {
	t.Parallel()
	const size = 256 << 10
	for name, text := range costly(size) {
		t.Run(name, func(t *testing.T) {
			if _, err := samlmetadata.Read(strings.NewReader(text), samlmetadata.Options{Now: now, MaxBytes: size}); samlmetadata.IDOf(err) == "" {
				t.Errorf("%v", err)
			}
		})
	}
}

func BenchmarkCostlyDocuments(b *testing.B) {
	const size = 2 << 20
	for name, text := range costly(size) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := samlmetadata.Read(strings.NewReader(text), samlmetadata.Options{Now: now, MaxBytes: size}); samlmetadata.IDOf(err) == "" {
					b.Fatal(err)
				}
			}
		})
	}
}
