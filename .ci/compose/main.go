// Loads each Compose project that is named, as the client does: by the schema of the specification, with its variables
// put in, whole, and without circles. What must be given is taken from its .env.example, with a value that stands for it.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	if len(os.Args) < 2 {
		fail("name the folder of a project")
	}
	for _, folder := range os.Args[1:] {
		if err := load(folder); err != nil {
			fail(fmt.Sprintf("%s: %v", folder, err))
		}
	}
}

func load(folder string) error {
	given, err := asked(filepath.Join(folder, ".env.example"))
	if err != nil {
		return err
	}
	options, err := cli.NewProjectOptions(
		[]string{filepath.Join(folder, "compose.yaml")},
		cli.WithWorkingDirectory(folder),
		cli.WithEnv(given),
		cli.WithEnvFiles(filepath.Join(folder, ".env")),
		cli.WithDotEnv,
		cli.WithDefaultProfiles(),
	)
	if err != nil {
		return err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	if len(project.Services) == 0 {
		return fmt.Errorf("nothing runs")
	}
	// Each profile by itself must be whole, too.
	profiles := map[string]bool{}
	for _, service := range project.AllServices() {
		for _, profile := range service.Profiles {
			profiles[profile] = true
		}
	}
	for profile := range profiles {
		part, err := project.WithProfiles([]string{profile})
		if err != nil {
			return fmt.Errorf("profile %s: %w", profile, err)
		}
		for name, service := range part.Services {
			for on := range service.DependsOn {
				if _, ok := part.Services[on]; !ok {
					return fmt.Errorf("profile %s: %s needs %s", profile, name, on)
				}
			}
		}
	}
	fmt.Printf("%s: %d services, %d networks, %d profiles\n", project.Name, len(project.Services), len(project.Networks), len(profiles))
	return nil
}

// asked gives every variable of an example file a value.
func asked(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var given []string
	for _, line := range strings.Split(string(text), "\n") {
		if name, found := strings.CutSuffix(line, "="); found && !strings.HasPrefix(line, "#") {
			given = append(given, name+"=given")
		}
	}
	return given, nil
}

func fail(why string) {
	fmt.Fprintln(os.Stderr, why)
	os.Exit(1)
}
