package setup

import (
	"testing"

	"go.uber.org/goleak"
)

// What the dashboard does with a whole server behind it is tested in withserver: a test here that imports mockcloud
// would have all of mockcloud compiled once more for it.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
