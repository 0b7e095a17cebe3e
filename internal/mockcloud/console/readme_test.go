package console_test

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/console"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest/browser"
)

// update has TestReadmePicture take the picture anew. Fonts differ from machine to machine, so it compares no pixels.
var update = flag.Bool("update", false, "take README.md's picture of the console anew")

// TestReadmePicture takes the picture that README.md shows: who can sign in, and how.
func TestReadmePicture(t *testing.T) {
	t.Parallel()
	file := filepath.Join("..", "..", "..", ".github", "console.png")
	if *update {
		k := browser.Start(t)
		k.Resize(1240, 900)
		k.Open(newWorld(t, console.Options{}).acme().URL+console.Prefix+"acme/", "Overview")
		picture := browser.Ask(k, "take a picture", chromedp.ScreenshotScale("svg.picture", 1.25))
		if err := os.WriteFile(file, picture, 0o644); err != nil { //nolint:gosec // it is committed
			t.Fatal(err)
		}
	}
	picture, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	if size := decoded.Bounds(); len(picture) > 200_000 || size.Dx() < 1000 {
		t.Errorf("the picture has %d bytes and is %d pixels wide, want at most 200,000 and at least 1,000", len(picture), size.Dx())
	}
}
