import { Tooltip } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFacility } from "../api/queries";

export const viewerZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

export type Precision = "minute" | "second" | "day";

const shapes: Record<Precision, Intl.DateTimeFormatOptions> = {
  minute: { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  second: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" },
  day: { weekday: "short", day: "numeric", month: "short", year: "numeric" },
};

// written is the moment in a zone, in the language's way, with Latin digits: they stand beside ids and codes.
export function written(at: string, language: string, zone: string, precision: Precision = "minute"): string {
  const locale = language === "en" ? "en-GB" : `${language}-u-nu-latn-ca-gregory`;
  return new Intl.DateTimeFormat(locale, { ...shapes[precision], timeZone: zone }).format(new Date(at));
}

// sameClock reports whether two zones show the same time at that moment.
export const sameClock = (at: string, a: string, b: string) => written(at, "en", a) === written(at, "en", b);

const city = (zone: string) => zone.slice(zone.lastIndexOf("/") + 1).replaceAll("_", " ");

type Props = { at?: string | null; zone?: string; precision?: Precision };

// Moment shows a time as the patient's clock shows it (zone; the facility's if not given), and the viewer's
// beside it where the two differ.
export function Moment({ at, zone, precision = "minute" }: Props) {
  const { t, i18n } = useTranslation();
  const facility = useFacility();
  if (!at) return <span>–</span>;
  const theirs = zone || facility?.time_zone || viewerZone;
  const text = written(at, i18n.language, theirs, precision);
  if (sameClock(at, theirs, viewerZone)) return <time dateTime={at} className="numbers">{text}</time>;
  const yours = written(at, i18n.language, viewerZone, precision);
  return (
    <Tooltip label={`${t("time.there", { city: city(theirs) })}: ${text} · ${t("time.here", { city: city(viewerZone) })}: ${yours}`} multiline maw={320}>
      <time dateTime={at} className="numbers">
        {text} <span className="sr">{t("time.there", { city: city(theirs) })}, {yours} {t("time.here", { city: city(viewerZone) })}</span>
      </time>
    </Tooltip>
  );
}
