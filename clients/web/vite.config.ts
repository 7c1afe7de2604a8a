import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** The HTTP API that `npm run dev` talks to. */
const API = process.env.CROUPIER_API ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  base: "/",
  server: { proxy: { "/api": API } },
  preview: { proxy: { "/api": API } },
  build: {
    outDir: "dist",
    assetsInlineLimit: 0, // no data: addresses, so that the content security policy can forbid them
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900, // PixiJS, loaded only at a table
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
