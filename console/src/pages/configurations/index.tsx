import { lazy } from "react";
import { Route, Routes, useParams } from "react-router";
import { List } from "./List";

const New = lazy(() => import("./New"));
const One = lazy(() => import("./One"));

// Fresh begins anew for another configuration: nothing typed for one is shown on the next.
function Fresh() {
  const { name } = useParams();
  return <One key={name} />;
}

export default function Configurations() {
  return (
    <Routes>
      <Route index element={<List />} />
      <Route path="new" element={<New />} />
      <Route path=":name" element={<Fresh />} />
    </Routes>
  );
}
