package launch

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/gocluster/gocluster/controller"
	"github.com/gocluster/gocluster/internal/ranks"
)

// ResourcesEnv is the environment variable in which engines find what their machine has, "gpu=1,licence=2". An engine host tells it to the
// controller.
const ResourcesEnv = "GOCLUSTER_RESOURCES"

func resourcesText(all map[string]int) string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		words = append(words, fmt.Sprintf("%s=%d", name, all[name]))
	}
	return strings.Join(words, ",")
}

// parseResources is the inverse of resourcesText.
func parseResources(text string) (map[string]int, error) {
	if text == "" {
		return nil, nil
	}
	all := map[string]int{}
	for word := range strings.SplitSeq(text, ",") {
		name, number, _ := strings.Cut(strings.TrimSpace(word), "=")
		n, err := strconv.Atoi(number)
		if name == "" || err != nil || n < 0 {
			return nil, fmt.Errorf("%q is no resource: write \"gpu=2\", and a comma between several", word)
		}
		all[name] = n
	}
	return all, nil
}

// SetResources says what this process's machine has, in place of what its environment says.
func SetResources(text string) error {
	if _, err := parseResources(text); err != nil {
		return err
	}
	return os.Setenv(ResourcesEnv, text)
}

// stock names what the engine hosts of a set share on this machine: when the set grows there is another host, and not another GPU. What a
// batch job's rank has is its own, and so is what somebody has started by hand.
func (cfg *EnginesConfig) stock() string {
	if cfg.registered == nil {
		return ""
	}
	name := cfg.Set + "@" + here{}.Name()
	if rank := os.Getenv(ranks.RankEnv); rank != "" {
		name += "#" + rank
	}
	return name
}

// expected is what machines of the profile's engine sets have that may still come.
func (cfg *ControllerConfig) expected() (all []controller.Expected) {
	for _, set := range cfg.Profile.Settings.EngineSets() {
		for _, h := range set.Machines() {
			x := controller.Expected{Set: set.Name, Resources: h.Resources}
			if len(h.Resources) > 0 && !slices.ContainsFunc(all, func(y controller.Expected) bool { return y.Set == x.Set && maps.Equal(x.Resources, y.Resources) }) {
				all = append(all, x)
			}
		}
	}
	return all
}
