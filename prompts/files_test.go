package prompts

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"curlew/outreach"
)

func TestAGoodRecordingIsKeptByteForByteUnderItsHash(t *testing.T) {
	lib := library(t, Options{Dir: t.TempDir()})
	b := tone(8000, time.Second, 440, -18).wav()
	sum := sha256.Sum256(b)
	for range 2 { // storing it again changes nothing
		sha, report, err := lib.Store(t.Context(), b)
		if err != nil || sha != hex.EncodeToString(sum[:]) || report.Converted != "" {
			t.Fatalf("%s, %+v, %v", sha, report, err)
		}
	}
	f, err := lib.Open(hex.EncodeToString(sum[:]) + ".wav")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, b) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	entries, err := os.ReadDir(filepath.Join(lib.dir, recordedDir))
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	if info, err := f.Stat(); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestAFileThatCannotBeWrittenLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, recordedDir), nil, 0o600); err != nil { // a file where the folder should be
		t.Fatal(err)
	}
	if sha, _, err := library(t, Options{Dir: dir}).Store(t.Context(), tone(8000, time.Second, 440, -18).wav()); err == nil || sha != "" {
		t.Errorf("%q, %v", sha, err)
	}
}

func TestOpenReachesOnlyAudio(t *testing.T) {
	dir := t.TempDir()
	lib := library(t, Options{Dir: filepath.Join(dir, "audio")})
	hash := strings.Repeat("a", 64)
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "secret.wav"), []byte("x"), 0o600), os.MkdirAll(filepath.Join(lib.dir, personalDir), 0o700),
		os.WriteFile(filepath.Join(dir, hash+".wav"), []byte("x"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "..", "../secret", "../secret.wav", "/etc/passwd", hash, "x-" + hash, "../..-" + hash, "a/b-" + hash, "-" + hash, strings.ToUpper(hash), hash + "\x00"} {
		if f, err := lib.Open(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v, %v", name, f, err)
		}
	}
}

func TestNamesInTheConfigurationCannotLeaveItsFolder(t *testing.T) {
	dir := t.TempDir()
	beside := filepath.Join(dir, "config")
	good := tone(8000, time.Second, 440, -18).wav()
	if err := errors.Join(os.Mkdir(beside, 0o700), os.WriteFile(filepath.Join(dir, "out.wav"), good, 0o600),
		os.Symlink("../out.wav", filepath.Join(beside, "link.wav"))); err != nil {
		t.Fatal(err)
	}
	lib := library(t, Options{Dir: filepath.Join(dir, "audio"), Recordings: beside})
	for _, ref := range []string{"../out.wav", "link.wav", filepath.Join(dir, "out.wav"), "sha256:../../out", "sha256:", "sha256:" + strings.Repeat("a", 64), "none.wav"} {
		if c, err := lib.recording(t.Context(), ref); err == nil {
			t.Errorf("%s is played from %s", ref, c.file)
		}
	}
}

func TestPlainWAVsOfOtherShapesAreConverted(t *testing.T) {
	lib := library(t, Options{Dir: t.TempDir()})
	lib.ffmpeg = "" // by our own means
	wide := tone(44100, 2*time.Second, 440, -18)
	stereo := pcm{rate: 44100}
	for _, v := range wide.samples {
		stereo.samples = append(stereo.samples, v, v)
	}
	two := mutate(stereo.wav(), func(b []byte) { b[22], b[32] = 2, 4; le32(b[28:], 4*44100) })
	for name, in := range map[string][]byte{"44.1 kHz": wide.wav(), "stereo": two} {
		sha, report, err := lib.Store(t.Context(), in)
		if err != nil || sha == "" {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if report.Converted != "wav" || report.SampleRate != 8000 || report.Channels != 1 || report.Duration != 2*time.Second || report.Level < -19 || report.Level > -17 {
			t.Errorf("%s: %+v", name, report)
		}
	}
}

func le32(b []byte, v uint32) {
	for i := range 4 {
		b[i] = byte(v >> (8 * i))
	}
}

func TestConversionIsRefusedWithAHintWhereThereIsNoConverter(t *testing.T) {
	lib := library(t, Options{Dir: t.TempDir()})
	lib.ffmpeg = ""
	for name, in := range map[string][]byte{
		"mp3":  append([]byte("ID3\x04\x00"), make([]byte, 400)...),
		"alaw": mutate(tone(8000, time.Second, 440, -18).wav(), func(b []byte) { b[20] = 6 }),
	} {
		_, report, err := lib.Store(t.Context(), in)
		if !errors.Is(err, ErrAudioRefused) || !slices.Contains(codes(report.Problems), "no_converter") {
			t.Errorf("%s: %+v, %v", name, report.Problems, err)
		}
	}
	for name, in := range map[string][]byte{
		"text":        []byte("#EXTM3U\nfile:///etc/passwd\n"),
		"a cut WAV":   tone(8000, time.Second, 440, -18).wav()[:4000],
		"silent WAV":  pcm{rate: 44100, samples: make([]int16, 88200)}.wav(),
		"clipped WAV": tone(44100, time.Second, 440, 0).wav(),
	} {
		if sha, report, err := lib.Store(t.Context(), in); !errors.Is(err, ErrAudioRefused) || sha != "" || slices.Contains(codes(report.Problems), "no_converter") {
			t.Errorf("%s: %q, %+v, %v", name, sha, report.Problems, err)
		}
	}
}

func TestOtherFormatsAreConvertedByFFmpeg(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("skipped: ffmpeg is not installed")
	}
	dir := t.TempDir()
	src := filepath.Join(dir, "in.wav")
	if err := os.WriteFile(src, tone(44100, 2*time.Second, 440, -18).wav(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, ext := range []string{"mp3", "ogg", "flac", "m4a", "mka"} {
		t.Run(ext, func(t *testing.T) {
			out := filepath.Join(dir, "out."+ext)
			if b, err := exec.CommandContext(t.Context(), ffmpeg, "-v", "error", "-i", src, out).CombinedOutput(); err != nil {
				t.Skipf("skipped: this ffmpeg writes no %s: %s", ext, b)
			}
			in, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			sha, report, err := library(t, Options{Dir: t.TempDir()}).Store(t.Context(), in)
			if err != nil || sha == "" || report.Converted == "" || report.SampleRate != 8000 || report.Channels != 1 {
				t.Fatalf("%+v, %v", report, err)
			}
			if d := (report.Duration - 2*time.Second).Abs(); d > 150*time.Millisecond || report.Level < -20 || report.Level > -16 {
				t.Errorf("%v at %.1f dBFS", report.Duration, report.Level)
			}
		})
	}
}

func TestAConverterIsNeverLedToOtherFiles(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("skipped: ffmpeg is not installed")
	}
	playlist := "ID3\x04\x00\x00\x00\x00\x00\x00#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n"
	if _, report, err := library(t, Options{Dir: t.TempDir()}).Store(t.Context(), []byte(playlist)); !errors.Is(err, ErrAudioRefused) || report.OK() {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestAPBXFindsTheFilesWhereItSeesThem(t *testing.T) {
	lib := library(t, Options{Dir: t.TempDir(), Speaker: &whistle{}})
	snap, c, step := fixture(t, "en", nil)
	s, err := lib.Script(t.Context(), snap, c, step)
	if err != nil {
		t.Fatal(err)
	}
	greeting, name := s.Flows["en"].Sequence[0].Media, s.Flows["en"].Sequence[1].Media
	for _, v := range []struct {
		name string
		pbx  outreach.PBX
		want []string
	}{
		{"same machine", outreach.PBX{}, []string{greeting, name}},
		{"mounted", outreach.PBX{AudioDir: "/mnt/curlew/", AudioURL: "http://ignored"},
			[]string{"/mnt/curlew/speech/" + filepath.Base(greeting), "/mnt/curlew/personal/0193-case/" + filepath.Base(name)}},
		{"fetched", outreach.PBX{AudioURL: "http://10.0.0.5:8080/"},
			[]string{"http://10.0.0.5:8080/audio/" + filepath.Base(greeting), "http://10.0.0.5:8080/audio/0193-case-" + filepath.Base(name)}},
		{"fetched, the whole address given", outreach.PBX{AudioURL: "http://10.0.0.5:8080/audio"},
			[]string{"http://10.0.0.5:8080/audio/" + filepath.Base(greeting), "http://10.0.0.5:8080/audio/0193-case-" + filepath.Base(name)}},
	} {
		placed := lib.At(s, v.pbx)
		got := []string{placed.Flows["en"].Sequence[0].Media, placed.Flows["en"].Sequence[1].Media}
		if !slices.Equal(got, v.want) {
			t.Errorf("%s: %q, want %q", v.name, got, v.want)
		}
		if v.pbx.AudioURL != "" && v.pbx.AudioDir == "" {
			for _, segment := range every(placed.Flows["en"]) {
				f, err := lib.Open(segment.Media[strings.LastIndexByte(segment.Media, '/')+1:])
				if err != nil {
					t.Errorf("%s cannot be served: %v", segment.Media, err)
					continue
				}
				if err := f.Close(); err != nil {
					t.Error(err)
				}
			}
		}
	}
	if s.Flows["en"].Sequence[0].Media != greeting {
		t.Error("the script itself was changed")
	}
	if got := lib.mediaAt("silence_stream://500", outreach.PBX{AudioDir: "/mnt"}); got != "silence_stream://500" {
		t.Errorf("silence became %s", got)
	}
}

func TestAStitchedCallIsAsLongAsItsParts(t *testing.T) {
	lib := library(t, Options{Dir: t.TempDir(), Speaker: &whistle{}})
	snap, c, step := fixture(t, "en", nil)
	s, err := lib.Script(t.Context(), snap, c, step)
	if err != nil {
		t.Fatal(err)
	}
	wav, said, err := lib.Stitch(t.Context(), s, "en", outreach.Confirm)
	if err != nil {
		t.Fatal(err)
	}
	want := 700*time.Millisecond + 2*time.Second + 300*time.Millisecond
	for _, segment := range said {
		want += segment.Duration
	}
	p, err := decodeWAV(wav)
	if err != nil || p.rate != phoneRate || (p.duration()-want).Abs() > time.Millisecond {
		t.Errorf("%v, want %v: %v", p.duration(), want, err)
	}
	got := make([]string, len(said))
	for i, one := range said {
		got[i] = one.Text
	}
	if got[0] != "You have a message from City Hospital. Press any key to hear it." || got[len(got)-2] != "Thank you. You have confirmed." || got[len(got)-1] != "Thank you. Goodbye." {
		t.Errorf("%q", got)
	}
	if _, _, err := lib.Stitch(t.Context(), s, "fr", ""); err == nil {
		t.Error("a language that is not there was stitched")
	}
	s.Flows["en"].Sequence[0].Media = "/etc/passwd"
	if _, _, err := lib.Stitch(t.Context(), s, "en", ""); err == nil {
		t.Error("a file that is none of ours was read")
	}
}

func TestPrefetchingSpeaksWhatNamesNobody(t *testing.T) {
	w := &whistle{}
	lib := library(t, Options{Dir: t.TempDir(), Speaker: w})
	snap, c, step := fixture(t, "en", nil)
	n, err := lib.Prefetch(t.Context(), snap)
	if err != nil || n < 24 {
		t.Fatalf("%d segments, %v", n, err)
	}
	if _, err := os.Stat(filepath.Join(lib.dir, personalDir)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something personal was made: %v", err)
	}
	before := w.spoken.Load()
	if _, err := lib.Script(t.Context(), snap, c, step); err != nil {
		t.Fatal(err)
	}
	if now := w.spoken.Load() - before; now != 4 { // name, doctor, date, time
		t.Errorf("the first call still had %d texts spoken: %q", now, w.texts[before:])
	}
	if n, err := library(t, Options{Dir: t.TempDir()}).Prefetch(t.Context(), snap); n != 0 || err != nil {
		t.Errorf("without an engine: %d, %v", n, err)
	}
}

func BenchmarkScriptWhenCached(b *testing.B) {
	lib := library(b, Options{Dir: b.TempDir(), Speaker: &whistle{}})
	snap, c, step := fixture(b, "en", nil)
	s, err := lib.Script(b.Context(), snap, c, step)
	if err != nil {
		b.Fatal(err)
	}
	segments := len(every(s.Flows["en"]))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := lib.Script(b.Context(), snap, c, step); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*segments), "ns/segment")
}

func TestAnArchiveThatIsCalledWAVIsNamedAndNeverOpened(t *testing.T) {
	dir := t.TempDir()
	for _, head := range []string{"PK\x03\x04", "PK\x05\x06"} {
		_, report, err := library(t, Options{Dir: dir}).Store(t.Context(), []byte(head+strings.Repeat("\x00", 4000)))
		if !errors.Is(err, ErrAudioRefused) || len(report.Problems) != 1 || !strings.Contains(report.Problems[0].Detail, "ZIP archive") {
			t.Errorf("%q: %+v %v", head, report.Problems, err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("something was kept: %v", left)
	}
}
