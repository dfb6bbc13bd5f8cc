import { Group, Stack, Text, Title } from "@mantine/core";
import { useEffect, useRef, type ReactNode } from "react";

type Props = { title: string; intro?: ReactNode; actions?: ReactNode; children: ReactNode };

// Page is the frame of every page: title, one line that says what it is for, actions, content. A new page
// takes the focus at its heading, so that a screen reader says where one is.
export function Page({ title, intro, actions, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Curlew`;
    if (document.activeElement === document.body || document.activeElement?.closest("nav")) heading.current?.focus({ preventScroll: true });
  }, [title]);
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-end" gap="md">
        <div>
          <Title order={1} ref={heading} tabIndex={-1}>{title}</Title>
          {intro && <Text c="dimmed" mt={4} maw="46rem">{intro}</Text>}
        </div>
        {actions && <Group gap="sm">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}
