import { createTheme, Drawer, Modal, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

// Teal of a curlew's shore: 7 carries white text on both grounds.
const curlew: MantineColorsTuple = [
  "#e8f6f6", "#d3eaea", "#a6d5d6", "#76c0c1", "#50aeb0", "#38a3a5", "#228387", "#146c70", "#0b575b", "#003f43",
];

export const theme = createTheme({
  primaryColor: "curlew",
  primaryShade: 7,
  colors: { curlew },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Arabic", "Noto Sans Devanagari", sans-serif',
  headings: { fontWeight: "650", sizes: { h1: { fontSize: "1.6rem" }, h2: { fontSize: "1.2rem" }, h3: { fontSize: "1.05rem" } } },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    // A dialog's <header> is no banner of the page.
    Modal: Modal.extend({ defaultProps: { attributes: { header: { role: "presentation" } } } }),
    Drawer: Drawer.extend({ defaultProps: { attributes: { header: { role: "presentation" } } } }),
  },
});

// darker makes text of light and outline variants dark enough for small letters on their pale grounds.
const inks: Record<string, string> = {
  red: "#a51111", teal: "#055541", blue: "#0b4a8f", orange: "#8a3a00", violet: "#4a2aa5", gray: "#3b434c", grape: "#7a1f8f", curlew: "#0b575b",
};
const darker = (...names: string[]) =>
  Object.fromEntries(names.flatMap((n) => [[`--mantine-color-${n}-light-color`, inks[n]!], [`--mantine-color-${n}-outline`, inks[n]!], [`--mantine-color-${n}-text`, inks[n]!]]));

// Its red is too pale for white text.
const reds = { "--mantine-color-red-filled": "#c02626", "--mantine-color-red-filled-hover": "#a51f1f" };

// Mantine's dimmed and placeholder greys are too pale for WCAG AA on our grounds.
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    ...reds,
    "--mantine-color-dimmed": "#556070",
    "--mantine-color-placeholder": "#666f7d",
    "--mantine-color-error": "#b3261e",
    ...darker("red", "teal", "blue", "orange", "violet", "gray", "grape", "curlew"),
    "--curlew-focus": "#146c70",
    "--curlew-ground": "#f5f8f8",
    "--curlew-card": "#ffffff",
  },
  dark: {
    ...reds,
    "--mantine-color-dimmed": "#a9b3bd",
    "--mantine-color-placeholder": "#98a2ac",
    "--mantine-color-error": "#ff9b94",
    "--curlew-focus": "#76c0c1",
    "--curlew-ground": "#14191b",
    "--curlew-card": "#1c2326",
    "--mantine-color-body": "#1c2326",
  },
});
