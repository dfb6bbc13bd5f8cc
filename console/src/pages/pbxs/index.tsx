import { lazy } from "react";
import { Route, Routes } from "react-router";
import { List } from "./List";

const One = lazy(() => import("./One"));

export default function PBXs() {
  return (
    <Routes>
      <Route index element={<List />} />
      <Route path="new" element={<One key="new" />} />
      <Route path=":name" element={<One />} />
    </Routes>
  );
}
