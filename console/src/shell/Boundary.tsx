import { Component, type ReactNode } from "react";
import { Failed } from "../parts/states";

// Boundary keeps a page that breaks from taking the kill switch with it.
export class Boundary extends Component<{ children: ReactNode }, { error?: unknown }> {
  override state: { error?: unknown } = {};
  static getDerivedStateFromError(error: unknown) {
    return { error };
  }
  override render() {
    return this.state.error === undefined ? this.props.children : <Failed error={this.state.error} retry={() => location.reload()} />;
  }
}
