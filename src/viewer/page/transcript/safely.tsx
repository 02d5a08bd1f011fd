import { Component, type ComponentChildren } from "preact";

interface Props {
  /** Stands where the children cannot be drawn. */
  readonly otherwise: ComponentChildren;
  readonly children: ComponentChildren;
}

/** What cannot be drawn takes nothing else along. */
export class Safely extends Component<Props, { readonly failed: boolean }> {
  override state = { failed: false };

  override componentDidCatch(error: unknown): void {
    console.warn("Not drawn:", error);
    this.setState({ failed: true });
  }

  override render(
    { otherwise, children }: Props,
    { failed }: { readonly failed: boolean },
  ): ComponentChildren {
    return failed ? otherwise : children;
  }
}
