package prompts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"curlew/outreach"
)

// The folders of Options.Dir.
const (
	recordedDir = "recorded"
	speechDir   = "speech"
	personalDir = "personal"
)

// maxUpload bounds what is read of one recording, in bytes.
const maxUpload = 32 << 20

// Store keeps a recording under the SHA-256 of what is stored and returns that name. A WAV that passes CheckWAV is
// kept byte for byte; another format is converted to 8 kHz mono first, where that can be done, and the Report says so.
// What cannot be used is refused with an error that wraps ErrAudioRefused. Nothing stored is ever changed.
func (l *Library) Store(ctx context.Context, b []byte) (string, Report, error) {
	report, err := CheckWAV(b)
	if err != nil && report.convertible() {
		b, report, err = l.convert(ctx, b, report)
	}
	if err != nil {
		return "", report, err
	}
	sum := sha256.Sum256(b)
	sha := hex.EncodeToString(sum[:])
	file := filepath.Join(l.dir, recordedDir, sha+".wav")
	if _, err := os.Stat(file); err == nil {
		return sha, report, nil
	}
	if err := errors.Join(l.write(file, b), syncDir(filepath.Dir(file))); err != nil {
		return "", report, fmt.Errorf("store recording %s: %w", sha, err)
	}
	return sha, report, nil
}

var (
	shaShape = regexp.MustCompile(`^[0-9a-f]{64}$`)
	idShape  = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)
)

// Open opens an audio file, which the caller closes, by the last element of its /audio/ address, with or without .wav: the SHA-256 of a
// recording, the key of a shared speech, or TRANSACTION-KEY of a personal one. An unknown name is fs.ErrNotExist.
func (l *Library) Open(name string) (*os.File, error) {
	name = strings.TrimSuffix(name, ".wav")
	if cut := strings.LastIndexByte(name, '-'); cut > 0 && idShape.MatchString(name[:cut]) && shaShape.MatchString(name[cut+1:]) {
		return os.Open(filepath.Join(l.dir, personalDir, name[:cut], name[cut+1:]+".wav"))
	}
	if !shaShape.MatchString(name) {
		return nil, fmt.Errorf("open audio: %w", fs.ErrNotExist)
	}
	f, err := os.Open(filepath.Join(l.dir, recordedDir, name+".wav"))
	if errors.Is(err, fs.ErrNotExist) {
		return os.Open(filepath.Join(l.dir, speechDir, name+".wav"))
	}
	return f, err
}

// Recording opens what a prompt names as its audio: "sha256:HEX", or a file beside the configuration, which is checked
// and stored first.
func (l *Library) Recording(ctx context.Context, reference string) (*os.File, error) {
	c, err := l.recording(ctx, reference)
	if err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	return os.Open(c.file)
}

// Forget deletes the speech about one patient once its transaction has ended. Deleting what is not there is no error;
// speech that is being made at that very moment is left to Prune.
func (l *Library) Forget(id outreach.TransactionID) error {
	if err := os.RemoveAll(filepath.Join(l.dir, personalDir, folderOf(id))); err != nil {
		return fmt.Errorf("forget speech of %s: %w", id, err)
	}
	return nil
}

// Prune deletes shared speech that no call has used since before, and personal speech older than that which was never
// forgotten. Recordings stay. It returns how many files and transactions went.
func (l *Library) Prune(ctx context.Context, before time.Time) (int, error) {
	gone := 0
	for _, dir := range []string{speechDir, personalDir} {
		entries, err := os.ReadDir(filepath.Join(l.dir, dir))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return gone, fmt.Errorf("prune speech: %w", err)
		}
		for _, e := range entries {
			info, err := e.Info()
			if err != nil || !info.ModTime().Before(before) {
				continue
			}
			if err := os.RemoveAll(filepath.Join(l.dir, dir, e.Name())); err != nil {
				return gone, fmt.Errorf("prune speech: %w", err)
			}
			gone++
			if err := ctx.Err(); err != nil {
				return gone, fmt.Errorf("prune speech: %w", err)
			}
		}
	}
	return gone, nil
}

// folderOf names the folder of a transaction's speech; an id that could leave it is hashed.
func folderOf(id outreach.TransactionID) string {
	switch {
	case id == "":
		return "preview"
	case idShape.MatchString(string(id)):
		return string(id)
	}
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:16])
}

// write puts b into file whole or not at all, and on the disk before it has its name. The name itself may be lost in a
// power cut, which costs speech nothing but being made again; recordings sync the folder too.
func (l *Library) write(file string, b []byte) (err error) {
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, l.mode|l.mode&0o444>>2); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(l.mode), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

// syncDir makes the names in dir survive a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// recording finds the file of a prompt's audio: "sha256:HEX", or a file beside the configuration, which is checked and
// stored the first time and whenever it has changed.
func (l *Library) recording(ctx context.Context, ref string) (clip, error) {
	sha, ok := strings.CutPrefix(ref, "sha256:")
	if !ok {
		var err error
		if sha, err = l.importBeside(ctx, ref); err != nil {
			return clip{}, err
		}
	}
	if !shaShape.MatchString(sha) {
		return clip{}, fmt.Errorf("audio %q: a SHA-256 has 64 hexadecimal digits, lower case", ref)
	}
	file := filepath.Join(l.dir, recordedDir, sha+".wav")
	if known, ok := l.lengths.Load(sha); ok {
		if _, err := os.Stat(file); err == nil {
			return clip{file: file, length: known.(time.Duration)}, nil
		}
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return clip{}, err
	}
	report, err := CheckWAV(b)
	if err != nil {
		return clip{}, err
	}
	l.lengths.Store(sha, report.Duration)
	return clip{file: file, length: report.Duration}, nil
}

// beside is a file beside the configuration as it was when it was stored.
type beside struct {
	sha  string
	size int64
	at   time.Time
}

func (l *Library) importBeside(ctx context.Context, name string) (string, error) {
	if l.recordings == "" {
		return "", fmt.Errorf("audio %q: there is no folder to find it in", name)
	}
	if sha, ok := l.unchanged(name); ok {
		return sha, nil
	}
	root, err := os.OpenRoot(l.recordings) // which nothing can leave, links included
	if err != nil {
		return "", err
	}
	defer root.Close()
	info, err := root.Stat(name)
	if err != nil {
		return "", err
	}
	f, err := root.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxUpload+1))
	if err != nil {
		return "", err
	}
	sha, _, err := l.Store(ctx, b)
	if err != nil {
		return "", fmt.Errorf("audio %q: %w", name, err)
	}
	l.imported.Store(name, beside{sha: sha, size: info.Size(), at: info.ModTime()})
	return sha, nil
}

// unchanged is the recording that the file was taken in as, if it still is what it was then.
func (l *Library) unchanged(name string) (sha string, ok bool) {
	seen, ok := l.imported.Load(name)
	if !ok {
		return "", false
	}
	b := seen.(beside)
	info, err := os.Stat(filepath.Join(l.recordings, name))
	return b.sha, err == nil && b.size == info.Size() && b.at.Equal(info.ModTime())
}
