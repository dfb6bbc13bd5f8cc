import { ActionIcon, AppShell, Badge, Burger, Group, Menu, NavLink, ScrollArea, Text, Tooltip, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Link, Route, Routes, useLocation } from "react-router";
import { useLiveStatus } from "../api/live";
import { languages } from "../i18n";
import { demo, version } from "../meta";
import { Icon } from "../parts/icons";
import { Page } from "../parts/Page";
import { Empty, Loading } from "../parts/states";
import { groups, routes } from "../routes";
import { may, session, useMay, useSession } from "../session";
import { Boundary } from "./Boundary";
import { KillSwitch, PausedBanner } from "./KillSwitch";
import { SignIn, SignInAgain } from "./SignIn";

export function Shell() {
  const { t } = useTranslation();
  const [open, { toggle, close }] = useDisclosure();
  const { who, asking } = useSession();
  if (asking) return <Loading rows={3} />;
  if (!who) return <SignIn />;
  return (
    <AppShell header={{ height: 60 }} navbar={{ width: 250, breakpoint: "md", collapsed: { mobile: !open } }} padding={{ base: "sm", sm: "lg" }}>
      <a href="#content" className="skip">{t("nav.skip")}</a>
      <AppShell.Header bg="var(--curlew-card)"><Header open={open} toggle={toggle} /></AppShell.Header>
      <AppShell.Navbar p="xs" bg="var(--curlew-card)" aria-label={t("nav.pages")}><Pages onGo={close} /></AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} bg="var(--curlew-ground)">
        <PausedBanner />
        <Content />
      </AppShell.Main>
      <SignInAgain />
    </AppShell>
  );
}

// signOut ends the session on the server, too.
async function signOut() {
  await fetch("/api/v1/session", { method: "DELETE" }).catch(() => undefined);
  session.signOut();
}

function Header({ open, toggle }: { open: boolean; toggle: () => void }) {
  const { t } = useTranslation();
  const operates = useMay("operator");
  return (
    <Group h="100%" px={{ base: "xs", sm: "md" }} justify="space-between" wrap="nowrap" gap="xs">
      <Group gap="xs" wrap="nowrap">
        <Burger opened={open} onClick={toggle} hiddenFrom="md" size="sm" aria-label={t("nav.menu")} aria-expanded={open} />
        <Group gap={8} wrap="nowrap" component={Link} renderRoot={(props) => <Link to="/" aria-label="Curlew" {...props} />} style={{ color: "inherit", textDecoration: "none" }}>
          <img src="/page/icon.svg" alt="" width={28} height={28} />
          <Text fw={700} size="lg" visibleFrom="xs">Curlew</Text>
        </Group>
        {demo && <Badge variant="light" color="grape" visibleFrom="sm">{t("nav.demo")}</Badge>}
      </Group>
      <Group gap="xs" wrap="nowrap">
        <LiveMark />
        {operates && <KillSwitch />}
        <LanguageSwitch />
        <ColourSwitch />
        {!demo && (
          <Tooltip label={t("session.signOut")}>
            <ActionIcon variant="default" size="lg" aria-label={t("session.signOut")} onClick={() => void signOut()}><Icon name="key" /></ActionIcon>
          </Tooltip>
        )}
      </Group>
    </Group>
  );
}

function LiveMark() {
  const { t } = useTranslation();
  const status = useLiveStatus();
  return (
    <Tooltip label={t(`live.${status}`)}>
      <Group gap={6} wrap="nowrap" role="status">
        <span className="live-dot" data-status={status} />
        <Text size="xs" visibleFrom="lg">{t(`live.${status}Short`)}</Text>
        <span className="sr">{t(`live.${status}`)}</span>
      </Group>
    </Tooltip>
  );
}

function LanguageSwitch() {
  const { t, i18n } = useTranslation();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="default" size="lg" aria-label={t("nav.language")}><Icon name="globe" /></ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {languages.map((l) => (
          <Menu.Item key={l.code} lang={l.code} onClick={() => void i18n.changeLanguage(l.code)} leftSection={i18n.language === l.code ? <Icon name="check" size={16} /> : <span style={{ width: 16 }} />}>
            {l.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function ColourSwitch() {
  const { t } = useTranslation();
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme("light") === "dark";
  const label = t(dark ? "nav.light" : "nav.dark");
  return (
    <Tooltip label={label}>
      <ActionIcon variant="default" size="lg" aria-label={label} onClick={() => setColorScheme(dark ? "light" : "dark")}>
        <Icon name={dark ? "sun" : "moon"} />
      </ActionIcon>
    </Tooltip>
  );
}

function Pages({ onGo }: { onGo: () => void }) {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const here = pathname.split("/")[1] ?? "";
  const scopes = useSession().who?.scopes ?? [];
  return (
    <>
      <AppShell.Section grow component={ScrollArea}>
        {groups.map((group) => (
          <div key={group} role="group" aria-label={t(`group.${group}`)}>
            <Text size="xs" fw={600} c="dimmed" px="sm" pt="sm" pb={4} aria-hidden>{t(`group.${group}`)}</Text>
            {routes.filter((r) => r.group === group && may(scopes, r.scope)).map((r) => (
              <NavLink
                key={r.path} label={t(`page.${r.name}`)} leftSection={<Icon name={r.icon} />} active={here === r.path}
                aria-current={here === r.path ? "page" : undefined} onClick={onGo} renderRoot={(props) => <Link to={`/${r.path}`} {...props} />}
                style={{ borderRadius: "var(--mantine-radius-md)" }}
              />
            ))}
          </div>
        ))}
      </AppShell.Section>
      <AppShell.Section pt="xs" px="sm">
        <Text size="xs" c="dimmed">Curlew {version} · <a href="/docs" style={{ color: "inherit" }}>{t("nav.api")}</a></Text>
      </AppShell.Section>
    </>
  );
}

function Content() {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  return (
    <Boundary key={pathname.split("/")[1]}>
      <Suspense fallback={<Loading rows={6} />}>
        <Routes>
          {routes.map(({ path, page: One }) => (
            <Route key={path} path={path ? `${path}/*` : "/"} element={<One />} />
          ))}
          <Route path="*" element={<Page title={t("missing.title")}><Empty icon="search" title={t("missing.title")}>{t("missing.text")}</Empty></Page>} />
        </Routes>
      </Suspense>
    </Boundary>
  );
}
