module porthole.test/reader

go 1.19
