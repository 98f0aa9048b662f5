# The front door; "make" lists what there is.
