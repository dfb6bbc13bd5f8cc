package store_test

const crashChild = "CURLEW_CRASH_CHILD"

func runCrashChild() int { return 2 }
