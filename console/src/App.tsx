import { DirectionProvider, MantineProvider, useDirection } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { BrowserRouter } from "react-router";
import { LiveProvider } from "./api/live";
import { queryClient } from "./api/queries";
import { directionOf } from "./i18n";
import { nonce } from "./meta";
import { Shell } from "./shell/Shell";
import { theme, variables } from "./theme";

// Direction follows the language.
function Direction() {
  const { i18n } = useTranslation();
  const { setDirection } = useDirection();
  useEffect(() => setDirection(directionOf(i18n.language)), [i18n.language, setDirection]);
  return null;
}

export function App() {
  return (
    <DirectionProvider initialDirection={document.documentElement.dir === "rtl" ? "rtl" : "ltr"} detectDirection={false}>
      <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto" getStyleNonce={() => nonce}>
        <QueryClientProvider client={queryClient}>
          <LiveProvider>
            <Suspense fallback={null}>
              <Direction />
              <BrowserRouter>
                <Shell />
              </BrowserRouter>
            </Suspense>
          </LiveProvider>
        </QueryClientProvider>
      </MantineProvider>
    </DirectionProvider>
  );
}
