import type { ReactNode } from "react";

/** The pictures of Lantern Bay, by symbol number, drawn in a square of 100. Names stand in the rules. */
const PICTURES: readonly ReactNode[] = [
  // 0 lantern (wild)
  <>
    <circle cx="50" cy="48" r="44" fill="#f7c65a" opacity=".16" />
    <path d="M38 14a12 12 0 0 1 24 0" fill="none" stroke="#d9b46c" strokeWidth="5" />
    <path d="M30 26 50 13l20 13z" fill="#b98a3d" />
    <path d="M33 27h34l5 46H28z" fill="#ffdf86" />
    <path d="M50 36c9 10 9 15 9 20a9 9 0 0 1-18 0c0-6 6-10 9-20z" fill="#f08a2b" />
    <path d="M50 47c5 6 5 8 5 11a5 5 0 0 1-10 0c0-3 3-6 5-11z" fill="#fff3c4" />
    <path d="M33 27 28 73M67 27l5 46M44 27l-2 46M56 27l2 46" fill="none" stroke="#8a6426" strokeWidth="3" />
    <path d="M25 73h50l3 11H22z" fill="#b98a3d" />
    <text x="50" y="83" fontSize="11" fontWeight="800" textAnchor="middle" fill="#2a1c05">
      WILD
    </text>
  </>,
  // 1 lighthouse (scatter)
  <>
    <path d="M50 26 6 12v26zM50 26l44-14v26z" fill="#ffe69a" opacity=".5" />
    <path d="M41 33h18l7 51H34z" fill="#f6efe0" />
    <path d="M39.6 44h20.800l1.6 12H38zM36.6 66h26.800l1.4 10H35.200z" fill="#c93b43" />
    <path d="M40 20h20v13H40z" fill="#ffd35c" />
    <path d="M38 21 50 9l12 12z" fill="#c93b43" />
    <path d="M36 32h28v4H36z" fill="#39424a" />
    <path d="M46 72h8v12h-8z" fill="#39424a" />
    <path d="M18 90c6-8 58-8 64 0z" fill="#5b7f6b" />
  </>,
  // 2 whale
  <>
    <path d="M10 55c0-18 17-28 36-26 20 2 27 18 37 20 2-6-1-13-7-17 8-1 12 3 13 7 2-4 6-7 10-5-3 4-3 9-7 14-3 22-20 36-43 35-22 0-39-9-39-28z" fill="#3f86c9" />
    <path d="M12 60c2 15 17 23 37 23 17 0 31-8 38-22-12 9-24 11-38 10-15 0-28-2-37-11z" fill="#cfe4f4" />
    <circle cx="27" cy="55" r="3.6" fill="#0d1b2a" />
    <path d="M42 26c0-8-6-8-8-14M42 26c0-8 6-8 8-14M42 26V10" fill="none" stroke="#9fd0f5" strokeWidth="3.5" strokeLinecap="round" />
  </>,
  // 3 schooner
  <>
    <path d="M35 12v58M62 18v52" stroke="#7a4a22" strokeWidth="4" />
    <path d="M32 16v46H9c10-11 18-26 23-46z" fill="#f4ecdb" />
    <path d="M38 14c14 12 20 30 20 48H38z" fill="#e9dcc0" />
    <path d="M65 22c14 10 22 25 23 40H65z" fill="#f4ecdb" />
    <path d="M8 68h86c-4 12-9 18-17 18H25C16 86 10 78 8 68z" fill="#8a4b22" />
    <path d="M9 72h84l-2 5H11z" fill="#d9b46c" />
    <path d="M4 92c10-6 16 4 26-2s16 4 26-2 16 4 26-2c6-3 9-2 14 0" fill="none" stroke="#62a8dc" strokeWidth="3.5" />
  </>,
  // 4 compass
  <>
    <circle cx="50" cy="50" r="41" fill="#d9b46c" />
    <circle cx="50" cy="50" r="33" fill="#f7f0df" />
    <path d="M50 20v7M50 73v7M20 50h7M73 50h7" stroke="#5e4a1f" strokeWidth="4" />
    <path d="M50 24 59 50H41z" fill="#c2323c" />
    <path d="M50 76 41 50h18z" fill="#2c3b46" />
    <circle cx="50" cy="50" r="5" fill="#d9b46c" stroke="#5e4a1f" strokeWidth="2" />
  </>,
  // 5 anchor
  <>
    <circle cx="50" cy="18" r="9" fill="none" stroke="#b9c6cf" strokeWidth="6" />
    <path d="M50 27v59M32 38h36" stroke="#b9c6cf" strokeWidth="8" strokeLinecap="round" />
    <path d="M15 55c2 20 17 31 35 31s33-11 35-31" fill="none" stroke="#b9c6cf" strokeWidth="8" />
    <path d="m15 46-10 17 17 2zM85 46l10 17-17 2z" fill="#b9c6cf" />
  </>,
  // 6 bell
  <>
    <path d="M43 15a7 7 0 0 1 14 0" fill="none" stroke="#b98a3d" strokeWidth="5" />
    <path d="M50 17c19 0 25 15 26 32 1 13 5 18 10 23H14c5-5 9-10 10-23 1-17 7-32 26-32z" fill="#e7b84f" />
    <path d="M33 30c-4 7-4 20-7 30" fill="none" stroke="#fff0bd" strokeWidth="5" strokeLinecap="round" />
    <path d="M14 72h72v6H14z" fill="#b98a3d" />
    <circle cx="50" cy="83" r="7" fill="#8a6426" />
  </>,
  // 7 rope
  <>
    <circle cx="50" cy="50" r="33" fill="none" stroke="#c79b62" strokeWidth="15" />
    <circle cx="50" cy="50" r="33" fill="none" stroke="#8f6838" strokeWidth="15" strokeDasharray="2.5 8" />
    <path d="M66 24c14-2 22 4 27 14M34 76c-14 2-22-4-27-14" fill="none" stroke="#c79b62" strokeWidth="10" strokeLinecap="round" />
  </>,
  // 8 shell
  <>
    <path d="M50 84C26 82 10 62 14 42c4-17 20-26 36-26s32 9 36 26c4 20-12 40-36 42z" fill="#e79aa2" />
    <path d="M50 82 50 18M50 82 31 23M50 82 69 23M50 82 17 36M50 82 83 36" stroke="#b8626e" strokeWidth="3.5" />
    <path d="M38 80h24l5 10H33z" fill="#c97781" />
  </>,
  // 9 gull
  <>
    <path d="M4 36c16-12 33-8 44 10 6-20 22-30 46-24-16 4-26 14-31 30-3 13-13 20-27 17-7-2-12-7-15-8l-13 3 10-9C19 46 15 40 4 36z" fill="#eef2f3" />
    <path d="M4 36c16-12 33-8 44 10-14-8-27-10-44-10zM94 22c-24-6-40 4-46 24 12-14 26-22 46-24z" fill="#9fb0ba" />
    <path d="m18 58-10 6 10 1z" fill="#f0a33a" />
  </>,
];

/** The pictures, once a page; `SymbolPicture` refers to them. */
export function SymbolSheet() {
  return (
    <svg className="symbol-sheet" aria-hidden="true">
      {PICTURES.map((picture, symbol) => (
        <symbol key={symbol} id={`symbol-${symbol}`} viewBox="0 0 100 100">
          {picture}
        </symbol>
      ))}
    </svg>
  );
}

export function SymbolPicture({ symbol }: { symbol: number }) {
  return (
    <svg className="symbol" viewBox="0 0 100 100" aria-hidden="true">
      <use href={`#symbol-${symbol}`} />
    </svg>
  );
}
