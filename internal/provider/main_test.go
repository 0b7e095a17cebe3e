package provider_test

import (
	"log"
	"os"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

func TestMain(m *testing.M) {
	if err := acctest.CollectLess(); err != nil {
		log.Fatal(err)
	}
	os.Exit(m.Run())
}
