// Available Voice Strings on one side, the Voice Play Sequence on the other: by mouse, touch, keyboard or button.
import { closestCenter, DndContext, KeyboardSensor, PointerSensor, useDraggable, useDroppable, useSensor, useSensors, type DragEndEvent } from "@dnd-kit/core";
import { SortableContext, sortableKeyboardCoordinates, useSortable, verticalListSortingStrategy } from "@dnd-kit/sortable";
import { CSS } from "@dnd-kit/utilities";
import { ActionIcon, Badge, Group, Text, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Fault } from "../../api/problems";
import { Icon } from "../../parts/icons";
import { useTitles } from "../prompts/words";
import { at, moved, only, without, type Category } from "./model";
import { identified, placed } from "./sequence";

type Props = { value: string[]; onChange: (v: string[]) => void; categories: Category[]; active: ReadonlySet<string>; faults: Fault[]; pointer: string };

export function Sequence({ value, onChange, categories, active, faults, pointer }: Props) {
  const { t } = useTranslation("configurations");
  const { title } = useTitles();
  const [words, setWords] = useState("");
  const [said, setSaid] = useState("");
  const sensors = useSensors(useSensor(PointerSensor, { activationConstraint: { distance: 5 } }), useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }));
  const named = (name: string) => {
    const c = categories.find((k) => k.name === name);
    return c ? title(c) : name;
  };
  const items = identified(value);
  const offered = categories.filter((c) => (c.role === "sequence" || c.role === "menu") && (c.role !== "menu" || !value.includes(c.name ?? "")))
    .filter((c) => `${c.name} ${title(c)}`.toLowerCase().includes(words.toLowerCase()));
  const put = (next: string[], name: string, place: number) => {
    onChange(next);
    setSaid(t("sequence.now", { name: named(name), place: place + 1, count: next.length }));
  };
  const drop = ({ active: dragged, over }: DragEndEvent) => {
    const end = over && placed(value, String(dragged.id), String(over.id));
    if (end) put(end.sequence, end.name, end.place);
  };
  const spoken = (id: string | number) => named(String(id).replace(/^(new:)|#\d+$/g, ""));
  const announcements = {
    onDragStart: ({ active: a }: { active: { id: string | number } }) => t("sequence.lifted", { name: spoken(a.id) }),
    onDragOver: ({ active: a, over }: { active: { id: string | number }; over: { id: string | number } | null }) => (over ? t("sequence.over", { name: spoken(a.id), other: spoken(over.id) }) : t("sequence.outside", { name: spoken(a.id) })),
    onDragEnd: ({ active: a }: { active: { id: string | number } }) => t("sequence.dropped", { name: spoken(a.id) }),
    onDragCancel: ({ active: a }: { active: { id: string | number } }) => t("sequence.cancelled", { name: spoken(a.id) }),
  };
  return (
    <DndContext sensors={sensors} collisionDetection={closestCenter} onDragEnd={drop} accessibility={{ announcements, screenReaderInstructions: { draggable: t("sequence.how") } }}>
      <div className="strings">
        <div>
          <Text fw={600} size="sm" mb={4}>{t("sequence.available")}</Text>
          <TextInput size="xs" aria-label={t("sequence.search")} placeholder={t("sequence.search")} value={words} onChange={(e) => setWords(e.currentTarget.value)} mb="xs" leftSection={<Icon name="search" size={14} />} />
          <ul className="strings-list" aria-label={t("sequence.available")}>
            {offered.map((c) => <Available key={c.name} category={c} title={title(c)} active={active.has(c.name ?? "")} onAdd={() => put([...value, c.name ?? ""], c.name ?? "", value.length)} />)}
            {offered.length === 0 && <li><Text size="sm" c="dimmed">{t("sequence.nothing")}</Text></li>}
          </ul>
          <Text size="sm" mt="xs"><Link to="/prompts">{t("sequence.more")}</Link></Text>
        </div>
        <div>
          <Text fw={600} size="sm" mb={4}>{t("sequence.title")}</Text>
          <Bay>
            <SortableContext items={items.map((i) => i.id)} strategy={verticalListSortingStrategy}>
              {items.map(({ id, name }, i) => (
                <Playing key={id} id={id} place={i} title={named(name)} fault={at(faults, `${pointer}/${i}`)} last={i === items.length - 1}
                  onMove={(to) => put(moved(value, i, to), name, to)} onRemove={() => { onChange(without(value, i)); setSaid(t("sequence.removed", { name: named(name) })); }} />
              ))}
            </SortableContext>
            {items.length === 0 && <li><Text size="sm" c="dimmed" p="sm">{t("sequence.empty")}</Text></li>}
          </Bay>
          {only(faults, pointer) && <Text size="sm" c="var(--mantine-color-error)" role="alert" mt={4}>{only(faults, pointer)}</Text>}
        </div>
      </div>
      <div className="sr" role="status">{said}</div>
    </DndContext>
  );
}

function Bay({ children }: { children: ReactNode }) {
  const { t } = useTranslation("configurations");
  const { setNodeRef, isOver } = useDroppable({ id: "sequence" });
  return <ol ref={setNodeRef} className="strings-list" data-over={isOver || undefined} aria-label={t("sequence.title")}>{children}</ol>;
}

function Available({ category, title, active, onAdd }: { category: Category; title: string; active: boolean; onAdd: () => void }) {
  const { t } = useTranslation("configurations");
  const { setNodeRef, listeners, attributes, transform, isDragging } = useDraggable({ id: `new:${category.name}` });
  return (
    <li ref={setNodeRef} className="string" data-dragging={isDragging || undefined} style={{ transform: CSS.Translate.toString(transform) }}>
      <ActionIcon variant="subtle" color="gray" size="sm" {...attributes} {...listeners} role="button" aria-label={t("sequence.drag", { name: title })} style={{ touchAction: "none", cursor: "grab" }}><Icon name="drag" size={16} /></ActionIcon>
      <Text size="sm" style={{ flex: 1 }}>{title}</Text>
      {!active && <Badge size="sm" variant="light" color="gray" tt="none">{t("sequence.notReady")}</Badge>}
      <ActionIcon variant="default" size="sm" aria-label={t("sequence.add", { name: title })} onClick={onAdd}><Icon name="plus" size={14} /></ActionIcon>
    </li>
  );
}

type PlayingProps = { id: string; place: number; title: string; fault?: string; last: boolean; onMove: (to: number) => void; onRemove: () => void };

function Playing({ id, place, title, fault, last, onMove, onRemove }: PlayingProps) {
  const { t } = useTranslation("configurations");
  const { setNodeRef, listeners, attributes, transform, transition, isDragging } = useSortable({ id });
  return (
    <li ref={setNodeRef} className="string" data-dragging={isDragging || undefined} data-fault={fault ? true : undefined} style={{ transform: CSS.Translate.toString(transform), transition }}>
      <ActionIcon variant="subtle" color="gray" size="sm" {...attributes} {...listeners} role="button" aria-label={t("sequence.drag", { name: title })} style={{ touchAction: "none", cursor: "grab" }}><Icon name="drag" size={16} /></ActionIcon>
      <div style={{ flex: 1 }}>
        <Text size="sm"><span className="numbers">{place + 1}.</span> {title}</Text>
        {fault && <Text size="xs" c="var(--mantine-color-error)">{fault}</Text>}
      </div>
      <Group gap={4} wrap="nowrap">
        <ActionIcon variant="default" size="sm" disabled={place === 0} aria-label={t("sequence.up", { name: title })} onClick={() => onMove(place - 1)}><Icon name="up" size={14} /></ActionIcon>
        <ActionIcon variant="default" size="sm" disabled={last} aria-label={t("sequence.down", { name: title })} onClick={() => onMove(place + 1)}><Icon name="down" size={14} /></ActionIcon>
        <ActionIcon variant="default" size="sm" aria-label={t("sequence.remove", { name: title })} onClick={onRemove}><Icon name="cross" size={14} /></ActionIcon>
      </Group>
    </li>
  );
}
