import { StrictMode, useState } from "react";
import { Finder } from "./finder.jsx";

export function App() {
  const [isShown, setShown] = useState(true);
  return (
    <StrictMode>
      <button onClick={() => setShown(!isShown)}>{isShown ? "Hide" : "Show"}</button>
      {isShown && <Finder />}
    </StrictMode>
  );
}
