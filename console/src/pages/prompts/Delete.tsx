import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { Sure } from "../../parts/Sure";

type Props = { label: string; title: string; text: string; act: () => Promise<unknown> };

// Delete asks once; a refusal names who still uses it.
export function Delete({ label, title, text, act }: Props) {
  const queries = useQueryClient();
  const go = useNavigate();
  const [asking, setAsking] = useState(false);
  const drop = useMutation({
    mutationFn: act,
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["prompts"] });
      void go("/prompts");
    },
  });
  const close = () => {
    drop.reset();
    setAsking(false);
  };
  return (
    <>
      <Button variant="outline" color="red" onClick={() => setAsking(true)}>{label}</Button>
      <Sure opened={asking} title={title} text={text} yes={label} busy={drop.isPending} error={drop.error} onYes={() => drop.mutate()} onNo={close} />
    </>
  );
}
