import { ActionIcon, Button, Group, Text } from "@mantine/core";
import { useEffect, useRef, type KeyboardEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { channelIcon, Icon } from "../parts/icons";
import { Moment } from "../parts/Moment";
import { usePlay, useSound } from "./sound";
import { inCall, keyOf, safeLink, type Act, type Heard, type Message, type Patient } from "./world";

type Props = { patient: Patient; zone: string; sound: boolean; act: Act };

// Handset is one patient's phone: it rings, talks, takes keys and holds the messages.
export function Handset({ patient: p, zone, sound, act }: Props) {
  const { t } = useTranslation("rehearsal");
  const phone = useRef<HTMLDivElement>(null);
  const to = (what: string) => void act(`phone/${encodeURIComponent(p.number)}/${what}`);
  useSound(p.state === "talking" ? `${p.number}/${p.since}` : undefined, p.heard, p.pressed ?? "", sound);
  // The button that was pressed goes with its screen: the focus stays on the phone.
  const held = useRef(false);
  useEffect(() => {
    if (held.current && document.activeElement === document.body) phone.current?.focus();
  }, [p.state]);
  const press = (e: KeyboardEvent) => {
    const key = keyOf(e);
    if (!key || p.state !== "talking") return;
    e.preventDefault();
    to(`press?digits=${encodeURIComponent(key)}`);
  };
  return (
    <div ref={phone} className="handset" role="group" tabIndex={0} aria-label={t("phoneOf", { name: p.name })} onKeyDown={press}
      onFocus={() => (held.current = true)} onBlur={(e) => { if (e.relatedTarget && !e.currentTarget.contains(e.relatedTarget)) held.current = false; }}>
      <div className="handset-who">
        <Text fw={700}><bdi>{p.name}</bdi></Text>
        <Text size="xs" c="dimmed"><span className="number">{p.number}</span>{p.birth_year && <> · {t("born", { year: String(p.birth_year) })}</>}</Text>
      </div>
      {p.state === "ringing" ? <Ringing patient={p} to={to} /> : p.state === "talking" ? <Talking patient={p} to={to} /> : <Inbox patient={p} zone={zone} />}
      {!inCall(p) && (
        <div className="handset-foot">
          <Button fullWidth variant="default" leftSection={<Icon name="phone" size={18} />} onClick={() => to("ring")}>{t("ringBack")}</Button>
        </div>
      )}
    </div>
  );
}

type Call = { patient: Patient; to: (what: string) => void };

function Ringing({ patient: p, to }: Call) {
  const { t } = useTranslation("rehearsal");
  return (
    <div className="handset-call handset-ringing">
      <div className="handset-bell" aria-hidden><Icon name="phone" size={36} /></div>
      <div role="status"><div className="handset-big">{t("ringing")}</div>{p.caller_id && <div>{t("from")} <span className="number">{p.caller_id}</span></div>}</div>
      {p.by_hand ? (
        <Group justify="center">
          <Button color="red.9" leftSection={<Icon name="cross" size={18} />} onClick={() => to("hangup")}>{t("decline")}</Button>
          <Button color="#1d6b2c" leftSection={<Icon name="phone" size={18} />} onClick={() => to("answer")}>{t("answer")}</Button>
        </Group>
      ) : <div>{t("byItself")}</div>}
    </div>
  );
}

const keys = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

function Talking({ patient: p, to }: Call) {
  const { t } = useTranslation("rehearsal");
  return (
    <div className="handset-call">
      <div>{t("talking")}{p.pressed ? <> · {t("pressed")} <span className="number">{p.pressed}</span></> : ""}</div>
      <Said heard={p.heard} />
      <div className="handset-pad" role="group" aria-label={t("keys")} dir="ltr">
        {keys.map((k) => <button key={k} type="button" aria-label={t("key", { key: k })} onClick={() => to(`press?digits=${encodeURIComponent(k)}`)}>{k}</button>)}
      </div>
      <Button color="red.9" mx="auto" leftSection={<Icon name="cross" size={18} />} onClick={() => to("hangup")}>{t("hangUp")}</Button>
    </div>
  );
}

// Said is the call in words, the newest line in sight.
function Said({ heard }: { heard: Heard[] }) {
  const { t } = useTranslation("rehearsal");
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => void list.current?.scrollTo({ top: list.current.scrollHeight }), [heard.length]);
  return (
    <div ref={list} className="handset-said" role="log" aria-label={t("said")} tabIndex={0}>
      {heard.map((h, i) => <p key={i} dir="auto">{h.text}</p>)}
    </div>
  );
}

function Inbox({ patient: p, zone }: { patient: Patient; zone: string }) {
  const { t } = useTranslation("rehearsal");
  const screen = useRef<HTMLDivElement>(null);
  useEffect(() => void screen.current?.scrollTo({ top: screen.current.scrollHeight }), [p.messages.length, p.heard.length]);
  return (
    <div ref={screen} className="handset-screen" tabIndex={0} role="log" aria-label={t("inbox")}>
      {p.heard.length > 0 && !inCall(p) && <LastCall heard={p.heard} />}
      {p.messages.map((m, i) => <Bubble key={i} message={m} zone={zone} />)}
      {p.messages.length + p.heard.length === 0 && <Text c="dimmed" size="sm" ta="center" m="auto">{t("quiet")}</Text>}
    </div>
  );
}

// LastCall is what was heard in the call that ended; every line plays again.
function LastCall({ heard }: { heard: Heard[] }) {
  const { t } = useTranslation("rehearsal");
  const [playing, play] = usePlay();
  return (
    <details className="handset-last" open={heard.length < 8}>
      <summary>{t("lastCall")}</summary>
      <ul>
        {heard.map((h, i) => (
          <li key={i}>
            {h.audio && (
              <ActionIcon size={24} variant="default" aria-label={t(playing === h.audio ? "silence" : "hear", { text: h.text })} onClick={() => play(h.audio!)}>
                <Icon name={playing === h.audio ? "pause" : "play"} size={14} />
              </ActionIcon>
            )}
            <span dir="auto">{h.text}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function Bubble({ message: m, zone }: { message: Message; zone: string }) {
  const { t } = useTranslation("rehearsal");
  const { t: words } = useTranslation("words");
  const link = m.link ? safeLink(m.link) : undefined;
  const parts: ReactNode = (
    <>
      <div className="bubble-head"><Icon name={channelIcon[m.channel] ?? "chat"} size={14} /> {words(`channel.${m.channel}`, m.channel)} · <Moment at={m.at} zone={zone} /></div>
      {m.subject && <div className="bubble-subject" dir="auto">{m.subject}</div>}
      <div dir="auto" className="bubble-text">{m.text}</div>
      {m.buttons && m.buttons.length > 0 && <div className="bubble-buttons" aria-label={t("buttons")} role="group">{m.buttons.map((b) => <span key={b} dir="auto">{b}</span>)}</div>}
      {link && <a className="bubble-link" href={link} target="_blank" rel="noopener noreferrer">{t("tap")}<span className="sr"> {t("newTab")}</span></a>}
    </>
  );
  return <div className="bubble" data-channel={m.channel} data-out={m.out || undefined}>{parts}</div>;
}
