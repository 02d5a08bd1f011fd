import { Component, type ComponentType, type VNode } from "preact";

/** A component that is drawn again only when one of its properties is another. */
export function memo<P extends object>(draw: (props: P) => VNode | null): ComponentType<P> {
  return class Memo extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      const now = this.props as Readonly<Record<string, unknown>>;
      return Object.entries(next).some(([name, value]) => now[name] !== value);
    }

    // A component of its own may use no hooks within; what it draws may.
    override render(props: P): VNode | null {
      return draw(props);
    }
  };
}
