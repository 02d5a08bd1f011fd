import { render, type VNode } from "preact";
import { useState } from "preact/hooks";
import { useAddress } from "./address.ts";
import { Help } from "./help.tsx";
import { useKeys } from "./keys.ts";
import { ListPage } from "./list/list-page.tsx";
import { Notices } from "./notice.tsx";
import { TranscriptPage } from "./transcript/transcript-page.tsx";

function App(): VNode {
  const address = useAddress();
  const [isHelping, setHelping] = useState(false);
  useKeys({ "?": () => setHelping(true) });
  const session = address.get("session");
  const revision = address.get("revision");
  return (
    <>
      {session === null ? (
        <ListPage address={address} onHelp={() => setHelping(true)} />
      ) : (
        <TranscriptPage
          key={`${session} ${revision ?? ""}`}
          id={session}
          revision={revision}
          address={address}
          onHelp={() => setHelping(true)}
        />
      )}
      {isHelping && <Help onClose={() => setHelping(false)} />}
      <Notices />
    </>
  );
}

const root = document.getElementById("app");
if (root !== null) render(<App />, root);
