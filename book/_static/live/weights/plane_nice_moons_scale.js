gm.network("plane_nice_moons_scale", [{"kind": "linear", "in_features": 1, "out_features": 2, "weight": [0, 2], "bias": [2, 4]}], "AAAAAAAAAAAkcw0/KkD9PQ==");
