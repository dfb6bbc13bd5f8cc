import { useParams } from "react-router";
import { List } from "./List";
import { One } from "./One";

export default function Prompts() {
  const category = useParams()["*"] ?? "";
  return category ? <One key={category} category={decodeURIComponent(category)} /> : <List />;
}
