package benchguide

import "testing"

func TestNumber(t *testing.T) {
	t.Parallel()
	for x, want := range map[float64]string{
		0: "0", 0.0312: "0.031", 0.104: "0.10", 1.04: "1", 1.12: "1.1", 2.353: "2.4", 4: "4", 9.96: "10", 50: "50", 161.4: "161", 2932: "2,900", 99_999: "100,000", 1_234_567: "1,200,000",
	} {
		if got := number(x); got != want {
			t.Errorf("%v is written %s, want %s", x, got, want)
		}
	}
	if got := spanOf([]float64{3.0, 3.04}); got != "3" {
		t.Errorf("what is written alike is %s", got)
	}
	if got := spanOf([]float64{4900, 6200}); got != "4,900 to 6,200" {
		t.Errorf("a span is %s", got)
	}
}
