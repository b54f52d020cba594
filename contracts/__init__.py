"""What the parts say to each other: structs, codes and the catalogue of events. No I/O, no behaviour."""
