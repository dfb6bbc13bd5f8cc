import { Group, Paper, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

// Section is a card of a page with its own heading.
export function Section({ title, hint, aside, children }: { title: ReactNode; hint?: ReactNode; aside?: ReactNode; children: ReactNode }) {
  return (
    <Paper withBorder p={{ base: "sm", sm: "md" }} bg="var(--curlew-card)" component="section">
      <Group justify="space-between" mb="sm" align="flex-start">
        <div>
          <Title order={2} size="h3">{title}</Title>
          {hint && <Text size="sm" c="dimmed">{hint}</Text>}
        </div>
        {aside}
      </Group>
      <Stack gap="sm">{children}</Stack>
    </Paper>
  );
}
