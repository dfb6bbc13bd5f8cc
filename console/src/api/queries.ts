// What several pages read. The first word of a key is what the live stream names (live.tsx).
import { keepPreviousData, QueryClient, queryOptions, useQuery } from "@tanstack/react-query";
import { api, data, taken, type Schemas } from "./client";
import { usePolling } from "./live";
import { Refused } from "./problems";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // A refusal will not change by asking again; a server that restarts will.
      retry: (count, error) => !(error instanceof Refused && error.status < 500) && count < 5,
      retryDelay: (count) => Math.min(500 * 2 ** count, 5000),
      staleTime: 5000,
      refetchOnWindowFocus: true,
      placeholderData: keepPreviousData,
    },
    mutations: { retry: false },
  },
});

export const read = {
  pbxs: queryOptions({ queryKey: ["pbxs"], queryFn: ({ signal }) => taken(api.GET("/api/v1/pbxs", { signal })) }),
  prompts: queryOptions({ queryKey: ["prompts"], queryFn: ({ signal }) => taken(api.GET("/api/v1/prompts", { signal })) }),
  categories: queryOptions({ queryKey: ["prompts", "categories"], queryFn: ({ signal }) => data(api.GET("/api/v1/prompt-categories", { signal })) }),
  components: queryOptions({ queryKey: ["config", "components"], queryFn: ({ signal }) => data(api.GET("/api/v1/components", { signal })) }),
  configurations: queryOptions({ queryKey: ["configurations"], queryFn: ({ signal }) => taken(api.GET("/api/v1/configurations", { signal })) }),
  stats: queryOptions({ queryKey: ["stats"], queryFn: async ({ signal }) => (await data(api.GET("/api/v1/stats", { signal }))) as Stats }),
  pauses: queryOptions({ queryKey: ["pauses"], queryFn: ({ signal }) => data(api.GET("/api/v1/pauses", { signal })) }),
  pbxStatus: (name: string) =>
    queryOptions({
      queryKey: ["pbx-status", name],
      queryFn: ({ signal }) => data(api.GET("/api/v1/pbxs/{name}/status", { params: { path: { name } }, signal })),
    }),
};

// Stats always holds all its counts.
export type Stats = Required<Schemas["StatsOutputBody"]>;

// Facility is what the console needs to know of the hospital.
export type Facility = { name: string; time_zone: string; languages: string[]; public_base_url?: string };

const facility = queryOptions({
  queryKey: ["config", "facility"],
  queryFn: ({ signal }) => data(api.GET("/api/v1/facility", { signal })) as Promise<Facility>,
  staleTime: 60_000,
});

export const useFacility = () => useQuery(facility).data;

// useLive is useQuery for what changes by itself: the stream makes it stale, polling stands below.
export function useLive<T extends { queryKey: readonly unknown[] }>(options: T) {
  const refetchInterval = usePolling();
  return { ...options, refetchInterval };
}
