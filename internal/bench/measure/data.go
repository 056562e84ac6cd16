package measure

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/views"
)

// dataRounds is how often large values are moved; the median counts.
const dataRounds = 5

// measurePush gives all engines a large slice, a new one each time: what an engine's machine has already is not sent again.
func measurePush(ctx context.Context, b *bench) (figure, error) {
	rc, err := b.connect(ctx)
	if err != nil {
		return figure{}, err
	}
	xs := make([]float64, b.size(12_500_000))
	took, err := rounds(func(round int) error {
		xs[0] = float64(round + 1)
		return rc.All().Push(map[string]any{"pushed": xs})
	})
	if err != nil {
		return figure{}, err
	}
	lengths, err := rc.All().Pull("len(pushed) * int(pushed[0])")
	if err != nil {
		return figure{}, err
	}
	if len(lengths) != engines || slices.ContainsFunc(lengths, func(n any) bool { return n != len(xs)*dataRounds }) {
		return figure{}, fmt.Errorf("the engines have %v, not %d", lengths, len(xs)*dataRounds)
	}
	if err := rc.All().Push(map[string]any{"pushed": []float64{}}); err != nil { // frees it
		return figure{}, err
	}
	raw, err := rawSpeeds(ctx, b.size(1<<30))
	return figure{
		what: fmt.Sprintf("%d MB pushed to %d engines, delivered", 8*len(xs)/1_000_000, engines), ours: speed(engines*8*len(xs), took), raw: raw,
	}, err
}

// measureGather scatters a large slice and gets it back.
func measureGather(ctx context.Context, b *bench) (figure, error) {
	rc, err := b.connect(ctx)
	if err != nil {
		return figure{}, err
	}
	xs := make([]float64, b.size(12_500_000))
	for i := range xs {
		xs[i] = float64(i)
	}
	scattered, err := rounds(func(round int) error {
		xs[0] = float64(round)
		return rc.All().Scatter("part", xs)
	})
	if err != nil {
		return figure{}, err
	}
	gathered, err := rounds(func(int) error { return gather(rc, xs) })
	if err != nil {
		return figure{}, err
	}
	return figure{
		what: fmt.Sprintf("%d MB scattered to %d engines; gathered again", 8*len(xs)/1_000_000, engines),
		ours: speed(8*len(xs), scattered) + "; " + speed(8*len(xs), gathered),
	}, rc.All().Push(map[string]any{"part": []float64{}})
}

func gather(rc *client.Client, want []float64) error {
	got, err := views.Gather[float64](rc.All(), "part")
	if err == nil && (len(got) != len(want) || got[0] != want[0] || got[len(got)/2] != want[len(got)/2]) {
		err = fmt.Errorf("%d other numbers came back", len(got))
	}
	return err
}

// rounds returns the median time of some rounds.
func rounds(f func(round int) error) (time.Duration, error) {
	var all []time.Duration
	for round := range dataRounds {
		took, err := timed(func() error { return f(round) })
		if err != nil {
			return 0, err
		}
		all = append(all, took)
	}
	return median(all), nil
}

// rawSpeeds tells what a connection can carry here.
func rawSpeeds(ctx context.Context, bytes int) (string, error) {
	plain, err := rawSpeed(ctx, bytes, false)
	if err != nil {
		return "", err
	}
	secret, err := rawSpeed(ctx, bytes, true)
	if err != nil {
		return "", err
	}
	const copied = 256 << 20
	return strings.Join([]string{speed(bytes, plain) + " TCP", speed(bytes, secret) + " TLS", speed(copied, rawCopy(copied)) + " memory"}, ", "), nil
}
