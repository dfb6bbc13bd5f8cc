import { api, ifMatch, taken, type Schemas } from "../../api/client";
import { ConfigFile } from "./ConfigFile";
import { fields, Form } from "./Form";
import { Part } from "./Part";
import { Purge } from "./Purge";

export type General = Schemas["General"];

export function Hospital() {
  return (
    <>
      <Part<General> name="general" fields={() => fields} load={(signal) => taken(api.GET("/api/v1/settings", { signal }))}
        save={(body, etag) => taken(api.PUT("/api/v1/settings", { params: ifMatch(etag), body }))}>
        {(value, change, faults) => <Form value={value} change={change} faults={faults} />}
      </Part>
      <Purge />
      <ConfigFile />
    </>
  );
}
