import "@fontsource-variable/figtree";
import "@fontsource-variable/fraunces/opsz.css";
import "./styles/base.css";
import "./styles/pages.css";
import "./styles/table.css";
import "./styles/baccarat.css";
import "./styles/crash.css";
import "./styles/dealer.css";
import "./styles/cards.css";
import "./styles/verify.css";
import "./styles/blackjack.css";
import "./styles/slot.css";
import "./styles/replay.css";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { SessionContext } from "./app/hooks";
import { Session } from "./app/session";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <SessionContext value={new Session()}>
    <App />
  </SessionContext>,
);
