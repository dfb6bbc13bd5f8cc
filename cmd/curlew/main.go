// Command curlew is the whole program: one file per subcommand, and the wiring.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones must not depend on the machine

	"github.com/alecthomas/kong"

	"curlew/clock"
)

// version is set by the linker in releases.
var version = "development"

// Exit statuses of contract.md.
const (
	exitDone   = 0
	exitWanted = 1
	exitUsage  = 2
)

// errWanting is a run that worked and found something wanting; its text was printed already.
var errWanting = errors.New("found wanting")

// console is where a subcommand reads and writes.
type console struct {
	ctx    context.Context
	out    io.Writer
	err    io.Writer
	getenv func(string) (string, bool)
	hup    <-chan os.Signal
	clock  clock.Clock // the machine's, for serve
}

// commands is the command line.
type commands struct {
	Serve    serveCommand    `cmd:"" help:"The server: REST, webhooks, response pages, the queue."`
	Demo     demoCommand     `cmd:"" help:"The whole job against simulators; open the page it names."`
	Config   configCommand   `cmd:"" help:"The JSON config: validate, apply, export, schema."`
	DryRun   dryRunCommand   `cmd:"" name:"dry-run" help:"The dated timeline of every attempt of an event, nothing sent."`
	Preview  previewCommand  `cmd:"" help:"Writes the call of a configuration as its patient hears it into a WAV file; nobody is called."`
	Rehearse rehearseCommand `cmd:"" help:"Plays a configuration once with a simulated patient and tells the whole story; nothing real is reached."`
	Doctor   doctorCommand   `cmd:"" help:"Checks PBXs, gateways, prompts, Twilio, SMTP, database and clock; exit 1 if anything is red."`
	Call     callCommand     `cmd:"" help:"One test call with its transcript."`
	Sim      simCommand      `cmd:"" help:"A simulator on its own: freeswitch, twilio, smtp, hims."`
	Bench    benchCommand    `cmd:"" help:"Benchmarks, each beside its peer."`
	Keys     keysCommand     `cmd:"" help:"API keys: create, list, revoke."`
	Users    usersCommand    `cmd:"" help:"People who sign in at the console: create, list, password, delete."`
	Backup   backupCommand   `cmd:"" help:"Copies the SQLite database while it is being served."`
	Migrate  migrateCommand  `cmd:"" help:"Brings the database to this version."`
	OpenAPI  openapiCommand  `cmd:"" name:"openapi" help:"Prints the API's description (OpenAPI 3.1)."`
	Version  versionCommand  `cmd:"" help:"Prints the version."`

	Rehearsal rehearsalChild `cmd:"" hidden:"" help:"One rehearsal, read from standard input."`
}

type versionCommand struct{}

func (versionCommand) Run(c *console) error {
	_, err := fmt.Fprintln(c.out, "curlew", version)
	return err
}

func main() { os.Exit(process(clock.System{})) }

// process is the program on a machine with that clock.
func process(machine clock.Clock) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer stop()
	c := &console{ctx: ctx, out: os.Stdout, err: os.Stderr, getenv: os.LookupEnv, hup: hup, clock: machine}
	return c.run(os.Args[1:])
}

// run is the program without the process: tests call it.
func run(ctx context.Context, args []string, getenv func(string) (string, bool), out, errOut io.Writer, hup <-chan os.Signal) int {
	c := &console{ctx: ctx, out: out, err: errOut, getenv: getenv, hup: hup, clock: clock.System{}}
	return c.run(args)
}

func (c *console) run(args []string) int {
	var cli commands
	exited := -1
	parser, err := kong.New(&cli, kong.Name("curlew"), kong.Writers(c.out, c.err), kong.Exit(func(code int) { exited = code }),
		kong.Description("Curlew reaches patients for a hospital: calls through FreeSWITCH, then WhatsApp, SMS and e-mail."),
		kong.UsageOnError())
	if err != nil {
		fmt.Fprintf(c.err, "curlew: command line: %v\n", err)
		return exitUsage
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return exited // --help
	}
	if err != nil {
		fmt.Fprintf(c.err, "curlew: %v; curlew --help lists what there is\n", err)
		return exitUsage
	}
	switch err := parsed.Run(c); {
	case err == nil:
		return exitDone
	case errors.Is(err, errWanting):
		return exitWanted
	default:
		fmt.Fprintf(c.err, "curlew: %v\n", err)
		return exitWanted
	}
}

// logger writes lines of JSON, as a service's log is read by machines first.
func logger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
}
